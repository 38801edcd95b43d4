/**
 * The blob store in PostgreSQL: one truth and one backup with the facts that name the blobs.
 *
 * A put writes its chunks under an id of its own, since its digest is known at the last byte, and then claims the digest in
 * `platform.blob`; when another put was first it drops its own chunks. All of it is one transaction, so that a put that dies
 * leaves nothing, and chunks that are not committed are invisible to the collector.
 *
 * Put, reference, release and collect take the row lock of the blob first and look at `touched_at` afterwards: either the
 * collector waits and finds the blob just touched, or the others wait and find it gone. The foreign key of `blob_ref` stands
 * behind that as a second fence.
 */
import { createHash, randomUUID } from 'node:crypto';
import { Fault } from '@salus/fault';
import type { DataSource, EntityManager } from 'typeorm';
import { BlobStore, brokenBlob, checkDigest, noSuchBlob, type BlobReference, type BlobSource, type BlobStat, type Collected, type PutOptions, type StoredBlob } from './blob.store';
import { DigestCounter, chunksOf } from './chunks';
import { inTransaction, rowsOf } from './transaction';

interface BlobRow {
  readonly content: string;
  readonly bytes: string;
  readonly chunks: number;
  readonly created_at: Date;
}

/** Blobs removed per transaction of the collector, so that none grows long. */
const COLLECT_BATCH = 50;

/** With a grace period near zero a reference can commit between the look and the lock: the foreign key refuses, and the next look sees it. */
function unlessReferencedMeanwhile(error: unknown): undefined {
  if (Fault.is(error) && error.details.constraint === 'blob_ref_digest_fkey') return undefined;
  throw error;
}

export class PostgresBlobStore extends BlobStore {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  async put(source: BlobSource, options: PutOptions): Promise<StoredBlob> {
    return this.within(options.transaction, async (transaction) => {
      const stored = (await this.storedAlready(source, transaction)) ?? (await this.store(source, transaction));
      await this.reference(stored.digest, options.reference, transaction);
      return stored;
    });
  }

  async *open(digest: string): AsyncGenerator<Uint8Array> {
    const { content, chunks } = await this.row(digest);
    const counter = new DigestCounter();
    let held: Buffer | undefined;
    for (let position = 0; position < chunks; position += 1) {
      if (held) yield held;
      held = await this.chunk(digest, content, position);
      counter.add(held);
    }
    if (counter.digest() !== digest) throw brokenBlob(digest);
    if (held) yield held;
  }

  async stat(digest: string): Promise<BlobStat> {
    const row = await this.row(digest);
    return { digest, bytes: Number(row.bytes), createdAt: row.created_at };
  }

  async has(digest: string): Promise<boolean> {
    checkDigest(digest);
    return (await rowsOf(this.dataSource, 'SELECT 1 FROM platform.blob WHERE digest = $1', [digest])).length > 0;
  }

  async addReference(digest: string, reference: BlobReference, transaction?: EntityManager): Promise<void> {
    checkDigest(digest);
    await this.within(transaction, async (within) => {
      if (!(await this.touch(digest, within))) throw noSuchBlob(digest);
      await this.reference(digest, reference, within);
    });
  }

  async removeReference(digest: string, reference: BlobReference, transaction?: EntityManager): Promise<void> {
    checkDigest(digest);
    await this.within(transaction, async (within) => {
      await this.touch(digest, within);
      await rowsOf(within, 'DELETE FROM platform.blob_ref WHERE digest = $1 AND service = $2 AND fact = $3', [digest, reference.service, reference.fact]);
    });
  }

  async collect(options: { graceMs: number }): Promise<Collected> {
    let blobs = 0;
    let bytes = 0;
    for (;;) {
      const gone = await this.collectBatch(options.graceMs).catch(unlessReferencedMeanwhile);
      if (!gone) continue;
      blobs += gone.length;
      bytes += gone.reduce((sum, row) => sum + Number(row.bytes), 0);
      if (gone.length < COLLECT_BATCH) return { blobs, bytes };
    }
  }

  private async within<T>(transaction: EntityManager | undefined, work: (transaction: EntityManager) => Promise<T>): Promise<T> {
    return transaction ? work(transaction) : inTransaction(this.dataSource, work);
  }

  /** Spares the writing of bytes that are all here and known: their digest can be asked for first. */
  private async storedAlready(source: BlobSource, transaction: EntityManager): Promise<StoredBlob | undefined> {
    if (!(source instanceof Uint8Array)) return undefined;
    const digest = `sha256:${createHash('sha256').update(source).digest('hex')}`;
    return (await this.touch(digest, transaction)) ? { digest, bytes: source.length } : undefined;
  }

  private async store(source: BlobSource, transaction: EntityManager): Promise<StoredBlob> {
    const content = randomUUID();
    const counter = new DigestCounter();
    for await (const chunk of chunksOf(source)) {
      await rowsOf(transaction, 'INSERT INTO platform.blob_chunk (content, position, bytes) VALUES ($1, $2, $3)', [content, counter.chunks, chunk]);
      counter.add(chunk);
    }
    const digest = counter.digest();
    const [row] = await rowsOf<BlobRow>(
      transaction,
      `INSERT INTO platform.blob (digest, content, bytes, chunks) VALUES ($1, $2, $3, $4)
       ON CONFLICT (digest) DO UPDATE SET touched_at = clock_timestamp() RETURNING content`,
      [digest, content, counter.bytes, counter.chunks],
    );
    if (row.content !== content) await rowsOf(transaction, 'DELETE FROM platform.blob_chunk WHERE content = $1', [content]);
    return { digest, bytes: counter.bytes };
  }

  /** Locks the row until the end of the transaction and restarts its grace period. */
  private async touch(digest: string, transaction: EntityManager): Promise<boolean> {
    return (await rowsOf(transaction, 'UPDATE platform.blob SET touched_at = clock_timestamp() WHERE digest = $1 RETURNING digest', [digest])).length > 0;
  }

  private async reference(digest: string, { service, fact }: BlobReference, transaction: EntityManager): Promise<void> {
    await rowsOf(transaction, 'INSERT INTO platform.blob_ref (service, fact, digest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [service, fact, digest]);
  }

  private async collectBatch(graceMs: number): Promise<{ bytes: string }[]> {
    return rowsOf(
      this.dataSource,
      `WITH unused AS (
         SELECT digest FROM platform.blob AS b
         WHERE touched_at <= now() - make_interval(secs => $1 / 1000.0)
           AND NOT EXISTS (SELECT FROM platform.blob_ref AS r WHERE r.digest = b.digest)
         LIMIT ${COLLECT_BATCH} FOR UPDATE SKIP LOCKED
       ), gone AS (
         DELETE FROM platform.blob USING unused WHERE blob.digest = unused.digest RETURNING blob.content, blob.bytes
       ), chunks AS (
         DELETE FROM platform.blob_chunk USING gone WHERE blob_chunk.content = gone.content
       )
       SELECT bytes FROM gone`,
      [graceMs],
    );
  }

  private async row(digest: string): Promise<BlobRow> {
    checkDigest(digest);
    const [row] = await rowsOf<BlobRow>(this.dataSource, 'SELECT content, bytes, chunks, created_at FROM platform.blob WHERE digest = $1', [digest]);
    if (!row) throw noSuchBlob(digest);
    return row;
  }

  private async chunk(digest: string, content: string, position: number): Promise<Buffer> {
    const [row] = await rowsOf<{ bytes: Buffer }>(this.dataSource, 'SELECT bytes FROM platform.blob_chunk WHERE content = $1 AND position = $2', [content, position]);
    if (row) return row.bytes;
    // Without its row the blob was collected while it was read; with it, a chunk is missing.
    await this.row(digest);
    throw brokenBlob(digest);
  }
}
