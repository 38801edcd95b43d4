/** The twin of the blob store in memory: for unit tests and tools; it knows no transactions, so it ignores the one it is given. */
import { BlobStore, brokenBlob, checkDigest, noSuchBlob, type BlobReference, type BlobSource, type BlobStat, type Collected, type PutOptions, type StoredBlob } from './blob.store';
import { DigestCounter, chunksOf } from './chunks';

interface Entry {
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
  readonly createdAt: Date;
  touchedAtMs: number;
  readonly references: Set<string>;
}

const keyOf = (reference: BlobReference): string => JSON.stringify([reference.service, reference.fact]);

export class MemoryBlobStore extends BlobStore {
  private readonly entries = new Map<string, Entry>();

  /** @param now milliseconds since 1970; the grace period is measured with it */
  constructor(private readonly now: () => number = Date.now) {
    super();
  }

  async put(source: BlobSource, options: PutOptions): Promise<StoredBlob> {
    const counter = new DigestCounter();
    const chunks: Buffer[] = [];
    for await (const chunk of chunksOf(source)) {
      counter.add(chunk);
      chunks.push(Buffer.from(chunk));
    }
    const digest = counter.digest();
    if (!this.entries.has(digest)) {
      this.entries.set(digest, { chunks, bytes: counter.bytes, createdAt: new Date(this.now()), touchedAtMs: this.now(), references: new Set() });
    }
    await this.addReference(digest, options.reference);
    return { digest, bytes: counter.bytes };
  }

  async *open(digest: string): AsyncGenerator<Uint8Array> {
    const counter = new DigestCounter();
    let held: Buffer | undefined;
    for (const chunk of this.entry(digest).chunks) {
      if (held) yield held;
      counter.add(chunk);
      held = Buffer.from(chunk);
    }
    if (counter.digest() !== digest) throw brokenBlob(digest);
    if (held) yield held;
  }

  async stat(digest: string): Promise<BlobStat> {
    const { bytes, createdAt } = this.entry(digest);
    return { digest, bytes, createdAt };
  }

  async has(digest: string): Promise<boolean> {
    checkDigest(digest);
    return this.entries.has(digest);
  }

  async addReference(digest: string, reference: BlobReference): Promise<void> {
    const entry = this.entry(digest);
    entry.references.add(keyOf(reference));
    entry.touchedAtMs = this.now();
  }

  async removeReference(digest: string, reference: BlobReference): Promise<void> {
    checkDigest(digest);
    const entry = this.entries.get(digest);
    if (entry?.references.delete(keyOf(reference))) entry.touchedAtMs = this.now();
  }

  async collect(options: { graceMs: number }): Promise<Collected> {
    const gone = [...this.entries].filter(([, entry]) => entry.references.size === 0 && this.now() - entry.touchedAtMs >= options.graceMs);
    gone.forEach(([digest]) => this.entries.delete(digest));
    return { blobs: gone.length, bytes: gone.reduce((sum, [, { bytes }]) => sum + bytes, 0) };
  }

  private entry(digest: string): Entry {
    checkDigest(digest);
    const entry = this.entries.get(digest);
    if (!entry) throw noSuchBlob(digest);
    return entry;
  }
}
