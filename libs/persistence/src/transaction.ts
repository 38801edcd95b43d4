/** Statements and transactions whose errors are Faults; what the work itself throws passes through untouched. */
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { databaseFault, isDatabaseError } from './database-fault';

async function guarded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw databaseFault(error);
  }
}

/**
 * Runs one statement and gives its rows, whatever its kind (TypeORM's own `query` gives another shape for UPDATE and DELETE).
 *
 * @throws Fault as {@link databaseFault} maps it
 */
export async function rowsOf<Row>(on: DataSource | EntityManager, sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  return guarded(async () => {
    const own: QueryRunner | undefined = 'manager' in on ? undefined : on.queryRunner;
    const runner = own ?? ('manager' in on ? on : on.dataSource).createQueryRunner();
    try {
      const { records } = await runner.query(sql, [...parameters], true);
      return (records ?? []) as Row[];
    } finally {
      if (!own) await runner.release();
    }
  });
}

async function rollBack(runner: QueryRunner): Promise<void> {
  try {
    if (runner.isTransactionActive && !runner.isReleased) await runner.rollbackTransaction();
  } catch (error) {
    // The connection is gone, and the server rolls back what a lost connection left open; the first error is the one to report.
    if (!isDatabaseError(error)) throw error;
  }
}

/**
 * Runs work in one transaction: all of it is stored, or nothing is.
 *
 * @throws Fault for what the database throws (UNAVAILABLE at COMMIT means that it is not known whether it was stored),
 * and whatever the work throws, unchanged
 */
export async function inTransaction<T>(dataSource: DataSource, work: (transaction: EntityManager) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await guarded(() => runner.startTransaction());
    const value = await work(runner.manager);
    await guarded(() => runner.commitTransaction());
    return value;
  } catch (error) {
    await rollBack(runner);
    throw isDatabaseError(error) ? databaseFault(error) : error;
  } finally {
    await runner.release();
  }
}
