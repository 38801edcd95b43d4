/**
 * Uploads in PostgreSQL: a file of any size arrives in pieces of equal size, in any order, each as often as the client
 * likes, and is read back as one stream. Pieces are rows, so that a killed process or a lost reply costs one piece at most.
 * An upload belongs to the caller that opened it; to others it does not exist.
 */
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Fault } from '@salus/fault';
import { rowsOf } from '@salus/persistence';
import { DataSource, type EntityManager } from 'typeorm';

/** Size of every piece but the last, in bytes. */
export const CHUNK_BYTES = 4 << 20;
const MISSING_SHOWN = 1_000;

/** What a client says of a file before it sends it. */
export interface NewUpload {
  readonly model: string;
  readonly fileName: string;
  readonly format: string;
  readonly bytes: number;
  readonly digest?: string;
  readonly caller: string;
  readonly idempotencyKey?: string;
}

/** An upload as it stands. */
export interface Upload {
  readonly id: string;
  readonly caller: string;
  readonly model: string;
  readonly fileName: string;
  readonly bytes: number;
  /** What the client said the file's digest is, at the begin or at the end. */
  readonly digest: string | null;
  readonly chunkBytes: number;
  readonly chunks: number;
  /** The job that the closed upload became. */
  readonly jobId: string | null;
}

const COLUMNS = `id, caller, model, file_name AS "fileName", bytes::float8 AS bytes, digest, chunk_bytes AS "chunkBytes", chunks, job_id AS "jobId"`;

@Injectable()
export class UploadStore {
  constructor(private readonly database: DataSource) {}

  /**
   * Opens an upload, or gives the one that the same caller opened under the same idempotency key.
   * @throws Fault CONFLICT when that key was used for another file
   */
  async begin({ model, fileName, format, bytes, digest, caller, idempotencyKey }: NewUpload): Promise<Upload> {
    const [stored] = await rowsOf<Upload>(
      this.database,
      // The update changes nothing: it makes the statement return the row that is there already.
      `INSERT INTO ingestion.upload (id, caller, idempotency_key, model, file_name, format, bytes, digest, chunk_bytes, chunks)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (caller, idempotency_key) WHERE idempotency_key IS NOT NULL DO UPDATE SET caller = excluded.caller RETURNING ${COLUMNS}`,
      [randomUUID(), caller, idempotencyKey ?? null, model, fileName, format, bytes, digest ?? null, CHUNK_BYTES, Math.ceil(bytes / CHUNK_BYTES)],
    );
    // A digest that was given at the end only is no contradiction.
    const isSameDigest = digest === undefined || stored.digest === digest;
    if (stored.model === model && stored.fileName === fileName && stored.bytes === bytes && isSameDigest) return stored;
    throw new Fault('CONFLICT', 'this idempotency key belongs to the upload of another file', { uploadId: stored.id });
  }

  /**
   * @param caller who asks; left out, the upload of anybody is found
   * @throws Fault NOT_FOUND
   */
  async find(id: string, caller?: string): Promise<Upload> {
    const sql = `SELECT ${COLUMNS} FROM ingestion.upload WHERE id = $1 AND ($2::text IS NULL OR caller = $2)`;
    const [upload] = await rowsOf<Upload>(this.database, sql, [id, caller ?? null]);
    if (!upload) throw new Fault('NOT_FOUND', `no upload ${id} of this caller; it may have been given up long ago`, { uploadId: id });
    return upload;
  }

  /**
   * Stores one piece; the same piece again replaces it.
   * @throws Fault INVALID_REQUEST when number or size does not fit, CONFLICT when the upload is closed
   */
  async putChunk(upload: Upload, index: number, data: Uint8Array): Promise<void> {
    const { id, chunks, chunkBytes } = upload;
    if (index >= chunks) {
      throw new Fault('INVALID_REQUEST', `piece ${index} of an upload with ${chunks} pieces; expected 0 to ${chunks - 1}`, { index, chunks });
    }
    const expected = index === chunks - 1 ? upload.bytes - index * chunkBytes : chunkBytes;
    const received = data.byteLength;
    if (received !== expected) throw new Fault('INVALID_REQUEST', `piece ${index} has ${received} bytes; expected ${expected}`, { index, expected, received });
    const stored = await rowsOf(
      this.database,
      `INSERT INTO ingestion.upload_chunk (upload_id, index, data) SELECT id, $2, $3 FROM ingestion.upload WHERE id = $1 AND job_id IS NULL FOR SHARE
       ON CONFLICT (upload_id, index) DO UPDATE SET data = excluded.data RETURNING index`,
      [id, index, Buffer.from(data.buffer, data.byteOffset, data.byteLength)],
    );
    if (stored.length === 0) throw new Fault('CONFLICT', `upload ${id} is closed`, { uploadId: id });
  }

  /** Numbers of the pieces that are not there yet, the first thousand at most; none of a closed upload. */
  async missing(upload: Upload): Promise<number[]> {
    if (upload.jobId !== null) return [];
    const rows = await rowsOf<{ index: number }>(
      this.database,
      `SELECT wanted.index FROM generate_series(0, $2::int - 1) AS wanted(index)
       LEFT JOIN ingestion.upload_chunk AS chunk ON chunk.upload_id = $1 AND chunk.index = wanted.index
       WHERE chunk.index IS NULL ORDER BY 1 LIMIT $3`,
      [upload.id, upload.chunks, MISSING_SHOWN],
    );
    return rows.map((row) => row.index);
  }

  /**
   * The file, piece by piece.
   * @throws Fault CONFLICT when a piece is missing
   */
  async *read({ id, chunks }: Upload): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < chunks; index += 1) {
      const [row] = await rowsOf<{ data: Buffer }>(this.database, 'SELECT data FROM ingestion.upload_chunk WHERE upload_id = $1 AND index = $2', [id, index]);
      if (!row) throw new Fault('CONFLICT', `piece ${index} of upload ${id} is missing`, { uploadId: id, index });
      yield row.data;
    }
  }

  /** Closes an upload: from now on it is the job's. */
  async close(id: string, { jobId, digest }: { jobId: string; digest: string }): Promise<void> {
    await rowsOf(this.database, 'UPDATE ingestion.upload SET job_id = $2, digest = $3 WHERE id = $1', [id, jobId, digest]);
  }

  /** Closes it, if a killed service has not, and forgets the pieces within the transaction that stores what came of them. */
  async settle(id: string, jobId: string, transaction: EntityManager): Promise<void> {
    await rowsOf(transaction, 'UPDATE ingestion.upload SET job_id = $2 WHERE id = $1', [id, jobId]);
    await rowsOf(transaction, 'DELETE FROM ingestion.upload_chunk WHERE upload_id = $1', [id]);
  }

  /**
   * Forgets the pieces of uploads whose job failed or was cancelled. An upload that a killed service has not closed is closed
   * too, so that its client learns of the job and does not send into the void.
   * @param jobId the job to look at; left out, all jobs
   */
  async forgetRefused(jobId?: string): Promise<void> {
    await rowsOf(
      this.database,
      // By the input of the job: it may end before the upload is closed.
      `WITH refused AS (
         SELECT id, (input->>'uploadId')::uuid AS upload_id FROM ingestion.job WHERE state IN ('failed', 'cancelled') AND ($1::uuid IS NULL OR id = $1)
       ), closed AS (
         UPDATE ingestion.upload SET job_id = refused.id FROM refused WHERE upload.id = refused.upload_id AND upload.job_id IS NULL
       )
       DELETE FROM ingestion.upload_chunk USING refused WHERE upload_chunk.upload_id = refused.upload_id`,
      [jobId ?? null],
    );
  }

  /**
   * Forgets what `forgetRefused` was not called for, and uploads that were opened before the given time, with their
   * pieces. What a job still has to read stays.
   * @returns how many uploads were forgotten
   */
  async sweep(openedBefore: Date): Promise<number> {
    await this.forgetRefused();
    const forgotten = await rowsOf(
      this.database,
      `DELETE FROM ingestion.upload WHERE created_at < $1
       AND NOT EXISTS (SELECT FROM ingestion.job WHERE job.id = upload.job_id AND job.state IN ('queued', 'running')) RETURNING id`,
      [openedBefore],
    );
    return forgotten.length;
  }
}
