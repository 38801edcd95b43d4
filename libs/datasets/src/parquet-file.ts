/**
 * Writes the rows of a query as one Parquet file whose bytes depend on the rows alone: not on threads, time or machine, since data
 * sets are named by their digest. Everything DuckDB could choose is pinned. A file appears under its name whole or not at all.
 * DuckDB's dictionary encoding takes −0 for 0 (measured with 1.5.5), so that it is left out for tables that hold −0.
 */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { refuseWhenCancelled } from './engine';
import { sqlText } from './sql';

const ROW_GROUP_ROWS = 122_880;

export interface ParquetTarget {
  readonly outputPath: string;
  /** Whether doubles must be stored without a dictionary. */
  readonly holdsNegativeZero: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Writes a query's rows, in its order, to `outputPath`; a file that is there is replaced in one step. A process that is killed
 * leaves at most a file `<outputPath>.part-<uuid>`.
 */
export async function writeParquet(connection: DuckDBConnection, query: string, target: ParquetTarget): Promise<void> {
  const part = `${target.outputPath}.part-${randomUUID()}`;
  const options = ['FORMAT parquet', 'COMPRESSION zstd', 'COMPRESSION_LEVEL 1', 'PARQUET_VERSION v2', `ROW_GROUP_SIZE ${ROW_GROUP_ROWS}`, 'USE_TMP_FILE false'];
  if (target.holdsNegativeZero) options.push('DICTIONARY_SIZE_LIMIT 0');
  try {
    await connection.run(`COPY (${query}) TO ${sqlText(part)} (${options.join(', ')})`);
    refuseWhenCancelled(target.signal);
    await syncToDisk(part);
    await rename(part, target.outputPath);
  } finally {
    await rm(part, { force: true });
  }
}

async function syncToDisk(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
