/**
 * Uploads in PostgreSQL: a file of any size arrives in pieces of equal size, in any order, each as often as the client
 * likes, and is read back as one stream. Pieces are rows, so that a killed process or a lost reply costs one piece at most.
 */
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Fault } from '@salus/fault';
import { DataSource, type EntityManager } from 'typeorm';
import { UploadChunkEntity, UploadEntity } from './upload.entity';

/** Size of every piece but the last, in bytes. */
export const CHUNK_BYTES = 4 << 20;
const MISSING_SHOWN = 1_000;

export interface NewUpload {
  readonly model: string;
  readonly fileName: string;
  readonly format: string;
  readonly bytes: number;
  readonly digest?: string;
  readonly caller: string;
  readonly idempotencyKey?: string;
}

@Injectable()
export class UploadStore {
  constructor(private readonly database: DataSource) {}

  /**
   * Opens an upload, or gives the one that the same caller opened under the same idempotency key.
   * @throws Fault CONFLICT when that key was used for another file
   */
  async begin(upload: NewUpload): Promise<UploadEntity> {
    const repository = this.database.getRepository(UploadEntity);
    const id = randomUUID();
    await repository
      .createQueryBuilder()
      .insert()
      .values({
        id, caller: upload.caller, idempotencyKey: upload.idempotencyKey ?? null, model: upload.model, fileName: upload.fileName, format: upload.format,
        bytes: String(upload.bytes), digest: upload.digest ?? null, chunkBytes: CHUNK_BYTES, chunks: Math.ceil(upload.bytes / CHUNK_BYTES),
      })
      .orIgnore()
      .execute();
    if (upload.idempotencyKey === undefined) return repository.findOneByOrFail({ id });
    const stored = await repository.findOneByOrFail({ caller: upload.caller, idempotencyKey: upload.idempotencyKey });
    const same = stored.model === upload.model && stored.fileName === upload.fileName && Number(stored.bytes) === upload.bytes && (stored.digest ?? undefined) === upload.digest;
    if (!same) throw new Fault('CONFLICT', 'this idempotency key belongs to the upload of another file', { uploadId: stored.id });
    return stored;
  }

  /** @throws Fault NOT_FOUND */
  async find(id: string): Promise<UploadEntity> {
    const upload = await this.database.getRepository(UploadEntity).findOneBy({ id });
    if (!upload) throw new Fault('NOT_FOUND', `no upload ${id}; it may have been ingested or given up`, { uploadId: id });
    return upload;
  }

  /**
   * Stores one piece; the same piece again replaces it.
   * @throws Fault INVALID_REQUEST when the number or the size does not fit
   */
  async putChunk(id: string, index: number, data: Uint8Array): Promise<void> {
    const upload = await this.find(id);
    if (upload.jobId !== null) throw new Fault('CONFLICT', `upload ${id} is closed`, { uploadId: id, jobId: upload.jobId });
    const expected = index === upload.chunks - 1 ? Number(upload.bytes) - index * upload.chunkBytes : upload.chunkBytes;
    if (index >= upload.chunks) throw new Fault('INVALID_REQUEST', `piece ${index} of an upload with ${upload.chunks} pieces; expected 0 to ${upload.chunks - 1}`, { index, chunks: upload.chunks });
    if (data.byteLength !== expected) throw new Fault('INVALID_REQUEST', `piece ${index} has ${data.byteLength} bytes; expected ${expected}`, { index, expected, received: data.byteLength });
    await this.database.query(
      'INSERT INTO ingestion.upload_chunk (upload_id, index, data) VALUES ($1, $2, $3) ON CONFLICT (upload_id, index) DO UPDATE SET data = excluded.data',
      [id, index, Buffer.from(data.buffer, data.byteOffset, data.byteLength)],
    );
  }

  /** Numbers of the pieces that are not there yet, the first thousand at most. */
  async missing(upload: UploadEntity): Promise<number[]> {
    if (upload.jobId !== null) return [];
    const rows = await this.database.query<{ index: number }[]>(
      `SELECT wanted.index FROM generate_series(0, $2::int - 1) AS wanted(index)
       LEFT JOIN ingestion.upload_chunk AS chunk ON chunk.upload_id = $1 AND chunk.index = wanted.index
       WHERE chunk.index IS NULL ORDER BY 1 LIMIT $3`,
      [upload.id, upload.chunks, MISSING_SHOWN],
    );
    return rows.map((row) => row.index);
  }

  /** The file, piece by piece. */
  async *read(upload: UploadEntity): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < upload.chunks; index += 1) {
      const [row] = await this.database.query<{ data: Buffer }[]>('SELECT data FROM ingestion.upload_chunk WHERE upload_id = $1 AND index = $2', [upload.id, index]);
      if (!row) throw new Fault('CONFLICT', `piece ${index} of upload ${upload.id} is missing`, { uploadId: upload.id, index });
      yield row.data;
    }
  }

  /** Closes an upload: from now on it is the job's. */
  async close(id: string, jobId: string): Promise<void> {
    await this.database.getRepository(UploadEntity).update({ id }, { jobId });
  }

  /** Forgets the pieces within the transaction that stored what came of them. */
  async removeChunks(id: string, transaction: EntityManager): Promise<void> {
    await transaction.delete(UploadChunkEntity, { uploadId: id });
  }

  /** Forgets uploads that were opened before the given time, with what pieces are left of them. */
  async removeOpenedBefore(time: Date): Promise<number> {
    const result = await this.database.createQueryBuilder().delete().from(UploadEntity).where('created_at < :time', { time }).execute();
    return result.affected ?? 0;
  }
}
