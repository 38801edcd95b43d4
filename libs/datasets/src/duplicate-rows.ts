/**
 * Rows that repeat an earlier row in every declared column. DuckDB first groups by a 64-bit hash, which leaves almost nothing of a
 * usual file, and compares whole rows only where hashes meet, so that a collision of hashes cannot make a duplicate.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { sqlName } from './sql';

/** What was found; the rows are left in the temporary table `duplicate_rows (row)`. */
export interface DuplicateRows {
  readonly count: number;
  /** The first of them, 0-based, ascending. */
  readonly first: readonly number[];
}

/**
 * Finds the later of equal rows in the table `stage`, which has an ascending column `row`; missing equals missing.
 *
 * @param columns names of the columns compared
 * @param limit how many rows are returned at most
 */
export async function findDuplicates(connection: DuckDBConnection, columns: readonly string[], limit: number): Promise<DuplicateRows> {
  const names = columns.map(sqlName).join(', ');
  await connection.run(`
    CREATE TEMP TABLE duplicate_rows AS
    WITH suspects AS (SELECT hash(${names}) AS suspect FROM stage GROUP BY ALL HAVING count(*) > 1)
    SELECT row FROM stage WHERE hash(${names}) IN (FROM suspects)
    QUALIFY row_number() OVER (PARTITION BY ${names} ORDER BY row) > 1`);
  const counted = await connection.runAndReadAll('SELECT count(*)::DOUBLE FROM duplicate_rows');
  const first = await connection.runAndReadAll(`SELECT row FROM duplicate_rows ORDER BY row LIMIT ${limit}`);
  return { count: Number(counted.getRows()[0][0]), first: first.getRows().map(([row]) => Number(row)) };
}
