/** What PostgreSQL holds, read past the services: the counts that the suites compare, and the blobs with their digests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobState } from '@salus/contracts';
import { openEngine, readTable, type ColumnSpec } from '@salus/datasets';
import type { Table } from '@salus/features';
import { databaseFault, PostgresBlobStore } from '@salus/persistence';
import { DataSource } from 'typeorm';

/** Largest blob that a suite reads into memory. */
const MAX_BYTES = 256 << 20;
const RETRY_MS = 50;

/** A row of a service's job table. */
export interface JobRow {
  readonly id: string;
  readonly state: JobState;
  readonly attempt: number;
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly ended: boolean;
}

/** A model version as the register has it. */
export interface VersionRow {
  readonly model: string;
  readonly version: number;
  readonly artifact: string;
}

/** One connection to the database of a platform. */
export class Facts {
  readonly blobs: PostgresBlobStore;

  private constructor(private readonly database: DataSource) {
    this.blobs = new PostgresBlobStore(database);
  }

  /** Connects; waits for a PostgreSQL that is starting or recovering. */
  static async open(databaseUrl: string): Promise<Facts> {
    for (;;) {
      const database = new DataSource({ type: 'postgres', url: databaseUrl, poolSize: 2, poolErrorHandler: () => undefined });
      try {
        return new Facts(await database.initialize());
      } catch (error) {
        if (databaseFault(error).code !== 'UNAVAILABLE') throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  close(): Promise<void> {
    return this.database.destroy();
  }

  query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.database.query<Row[]>(sql, [...parameters]);
  }

  /** Number of rows of a table, such as `ingestion.dataset`. */
  async count(table: string): Promise<number> {
    const [{ count }] = await this.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
    return count;
  }

  /** All jobs of a service. */
  jobs(service: string): Promise<JobRow[]> {
    return this.query<JobRow>(`SELECT id, state, attempt, result, failure, ended_at IS NOT NULL AS ended FROM ${service}.job ORDER BY created_at`);
  }

  /** All model versions, by model and number. */
  versions(): Promise<VersionRow[]> {
    return this.query<VersionRow>('SELECT model, version, artifact FROM training.version ORDER BY model, version');
  }

  /** Reads every blob that a fact names; each is checked against its digest on the way. Gives their number. */
  async verifyBlobs(): Promise<number> {
    const named = await this.query<{ digest: string }>('SELECT DISTINCT digest FROM platform.blob_ref');
    for (const { digest } of named) await this.blobs.read(digest, { maxBytes: MAX_BYTES });
    return named.length;
  }

  /** A JSON blob. */
  async json<T>(digest: string): Promise<T> {
    return JSON.parse(Buffer.from(await this.blobs.read(digest, { maxBytes: MAX_BYTES })).toString('utf8')) as T;
  }

  /** Columns of a Parquet blob. */
  async table(digest: string, columns: readonly ColumnSpec[]): Promise<Table> {
    const folder = mkdtempSync(join(tmpdir(), 'salus-facts-'));
    const path = join(folder, 'table.parquet');
    writeFileSync(path, await this.blobs.read(digest, { maxBytes: MAX_BYTES }));
    const engine = await openEngine({ memoryLimitMb: 256, threads: 1, temporaryFolder: folder });
    try {
      return await readTable(engine, path, { columns });
    } finally {
      engine.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
