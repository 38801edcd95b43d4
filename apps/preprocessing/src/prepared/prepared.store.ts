/** The catalog of prepared datasets; an entry is written once, in the transaction that ends its job. */
import { Injectable } from '@nestjs/common';
import type { PreparedDescriptor, PreparedView } from '@salus/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { PreparedEntity } from './prepared.entity';

export interface PreparedFilter {
  readonly model?: string;
  readonly dataset?: string;
  readonly manifest?: string;
}

@Injectable()
export class PreparedStore {
  constructor(private readonly database: DataSource) {}

  async list(filter: PreparedFilter, limit: number): Promise<PreparedView[]> {
    const where = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
    const found = await this.database.getRepository(PreparedEntity).find({ where, order: { createdAt: 'DESC', digest: 'ASC' }, take: limit });
    return found.map((entity) => ({
      prepared: entity.digest,
      model: entity.model,
      dataset: entity.dataset,
      manifest: entity.manifest,
      rows: { train: entity.trainRows, test: entity.testRows, dropped: entity.droppedRows },
      createdAt: entity.createdAt.toISOString(),
    }));
  }

  /**
   * Enters a prepared dataset unless it is there already.
   * @returns whether it was there already
   */
  async add(digest: string, descriptor: PreparedDescriptor, transaction: EntityManager): Promise<boolean> {
    const { model, dataset, manifest, rows } = descriptor;
    const inserted = await transaction.query<{ digest: string }[]>(
      `INSERT INTO preprocessing.prepared (digest, model, dataset, manifest, train_rows, test_rows, dropped_rows)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (digest) DO NOTHING RETURNING digest`,
      [digest, model, dataset, manifest, rows.train, rows.test, rows.dropped],
    );
    return inserted.length === 0;
  }
}
