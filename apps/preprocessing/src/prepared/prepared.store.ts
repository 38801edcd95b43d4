/** The catalog of prepared datasets; an entry is written once, in the transaction that ends its job. */
import { Injectable } from '@nestjs/common';
import type { PreparedDescriptor, PreparedView } from '@salus/contracts';
import { rowsOf } from '@salus/persistence';
import { DataSource, type EntityManager } from 'typeorm';

/** Which prepared datasets to list; what is left out does not matter. */
export interface PreparedFilter {
  readonly model?: string;
  /** Digest of the dataset version that they were made from. */
  readonly dataset?: string;
  /** Digest of the manifest that they were made by. */
  readonly manifest?: string;
}

@Injectable()
export class PreparedStore {
  constructor(private readonly database: DataSource) {}

  /** Newest first. */
  async list({ model, dataset, manifest }: PreparedFilter, limit: number): Promise<PreparedView[]> {
    const found = await rowsOf<Omit<PreparedView, 'createdAt'> & { createdAt: Date }>(
      this.database,
      `SELECT digest AS prepared, model, dataset, manifest, created_at AS "createdAt",
         json_build_object('train', train_rows, 'test', test_rows, 'dropped', dropped_rows) AS rows
       FROM preprocessing.prepared
       WHERE ($1::text IS NULL OR model = $1) AND ($2::text IS NULL OR dataset = $2) AND ($3::text IS NULL OR manifest = $3)
       ORDER BY created_at DESC, digest LIMIT $4`,
      [model ?? null, dataset ?? null, manifest ?? null, limit],
    );
    return found.map((view) => ({ ...view, createdAt: view.createdAt.toISOString() }));
  }

  /**
   * Enters a prepared dataset unless it is there already.
   * @returns whether it was there already
   */
  async add(digest: string, descriptor: PreparedDescriptor, transaction: EntityManager): Promise<boolean> {
    const { model, dataset, manifest, rows } = descriptor;
    const inserted = await rowsOf(
      transaction,
      `INSERT INTO preprocessing.prepared (digest, model, dataset, manifest, train_rows, test_rows, dropped_rows)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (digest) DO NOTHING RETURNING digest`,
      [digest, model, dataset, manifest, rows.train, rows.test, rows.dropped],
    );
    return inserted.length === 0;
  }
}
