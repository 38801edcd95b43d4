/** The catalog of dataset versions. A version is written once, in the transaction that ends its job, and never changes. */
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { DatasetDescriptor, DatasetView } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { rowsOf } from '@salus/persistence';
import { DataSource, type EntityManager } from 'typeorm';

type DatasetRow = Omit<DatasetView, 'createdAt'> & { readonly createdAt: Date };

const DATASETS = 'SELECT digest AS dataset, model, file_name AS "fileName", rows, bytes::float8 AS bytes, created_at AS "createdAt" FROM ingestion.dataset';

@Injectable()
export class DatasetStore {
  constructor(private readonly database: DataSource) {}

  /**
   * Newest first.
   * @param model of this model alone
   */
  async list(model: string | undefined, limit: number): Promise<DatasetView[]> {
    const sql = `${DATASETS} WHERE $1::text IS NULL OR model = $1 ORDER BY created_at DESC, digest LIMIT $2`;
    const found = await rowsOf<DatasetRow>(this.database, sql, [model ?? null, limit]);
    return found.map(viewOf);
  }

  /** @throws Fault NOT_FOUND */
  async find(digest: string): Promise<DatasetView> {
    const [found] = await rowsOf<DatasetRow>(this.database, `${DATASETS} WHERE digest = $1`, [digest]);
    if (!found) throw new Fault('NOT_FOUND', `no dataset version ${digest}`, { dataset: digest });
    return viewOf(found);
  }

  /**
   * Enters a version unless it is there already.
   * @returns whether it was there already
   */
  async add(digest: string, { descriptor, fileName }: { descriptor: DatasetDescriptor; fileName: string }, transaction: EntityManager): Promise<boolean> {
    const { model, data } = descriptor;
    const inserted = await rowsOf(
      transaction,
      'INSERT INTO ingestion.dataset (digest, model, file_name, rows, bytes) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (digest) DO NOTHING RETURNING digest',
      [digest, model, fileName, data.rows, data.bytes],
    );
    return inserted.length === 0;
  }

  /** The key for patient pseudonyms, made at first use; whoever is first wins, all use the same. */
  async pseudonymKey(): Promise<Uint8Array> {
    await rowsOf(this.database, 'INSERT INTO ingestion.pseudonym_key (key) VALUES ($1) ON CONFLICT DO NOTHING', [randomBytes(32)]);
    const [row] = await rowsOf<{ key: Buffer }>(this.database, 'SELECT key FROM ingestion.pseudonym_key');
    return row.key;
  }
}

const viewOf = (row: DatasetRow): DatasetView => ({ ...row, createdAt: row.createdAt.toISOString() });
