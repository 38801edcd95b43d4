/**
 * The drift check: a database made by the migrations must be the one that the entities describe. TypeORM's schema builder says
 * what it would run to get there. It does not see triggers, storage settings and the WHERE of a partial index.
 */
import type { DataSource } from 'typeorm';

/**
 * Statements that TypeORM would run to make the database equal to the entities of the data source; none means no drift.
 * Nothing is changed.
 *
 * @param dataSource an open data source
 */
export async function driftOf(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}
