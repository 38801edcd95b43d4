/** The catalog of dataset versions. A version is written once, in the transaction that ends its job, and never changes. */
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { datasetDescriptor, type DatasetDescriptor, type DatasetView } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { DataSource, type EntityManager } from 'typeorm';
import { DatasetEntity } from './dataset.entity';

@Injectable()
export class DatasetStore {
  constructor(private readonly database: DataSource) {}

  async list(model: string | undefined, limit: number): Promise<DatasetView[]> {
    const found = await this.database.getRepository(DatasetEntity).find({ where: model === undefined ? {} : { model }, order: { createdAt: 'DESC', digest: 'ASC' }, take: limit });
    return found.map(viewOf);
  }

  /** @throws Fault NOT_FOUND */
  async find(digest: string): Promise<DatasetView> {
    const found = await this.database.getRepository(DatasetEntity).findOneBy({ digest });
    if (!found) throw new Fault('NOT_FOUND', `no dataset version ${digest}`, { dataset: digest });
    return viewOf(found);
  }

  /**
   * Enters a version unless it is there already.
   * @returns whether it was there already
   */
  async add(digest: string, entry: { descriptor: DatasetDescriptor; fileName: string }, transaction: EntityManager): Promise<boolean> {
    const { model, data } = datasetDescriptor.parse(entry.descriptor);
    const inserted = await transaction.query<{ digest: string }[]>(
      'INSERT INTO ingestion.dataset (digest, model, file_name, rows, bytes) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (digest) DO NOTHING RETURNING digest',
      [digest, model, entry.fileName, data.rows, data.bytes],
    );
    return inserted.length === 0;
  }

  /** The key for patient pseudonyms, made at first use; whoever is first wins, all use the same. */
  async pseudonymKey(): Promise<Uint8Array> {
    await this.database.query('INSERT INTO ingestion.pseudonym_key (key) VALUES ($1) ON CONFLICT DO NOTHING', [randomBytes(32)]);
    const [row] = await this.database.query<{ key: Buffer }[]>('SELECT key FROM ingestion.pseudonym_key');
    return row.key;
  }
}

function viewOf(entity: DatasetEntity): DatasetView {
  return {
    dataset: entity.digest,
    model: entity.model,
    fileName: entity.fileName,
    rows: entity.rows,
    bytes: Number(entity.bytes),
    createdAt: entity.createdAt.toISOString(),
  };
}
