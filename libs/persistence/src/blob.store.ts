/**
 * The port of the blob store: bytes of any size under their SHA-256, each kept as long as a fact names it. Two twins stand
 * behind it, in memory and in PostgreSQL, and one conformance suite holds for both.
 */
import { Fault } from '@salus/fault';
import type { EntityManager } from 'typeorm';

/** Size of a stored piece: 1 MiB. A blob is read and written one piece at a time. */
export const BLOB_CHUNK_BYTES = 1 << 20;

/** All bytes at once, or pieces of any size in order. */
export type BlobSource = Uint8Array | AsyncIterable<Uint8Array>;

/** Who needs a blob: a fact (such as `dataset/<id>`) of a service. */
export interface BlobReference {
  readonly service: string;
  readonly fact: string;
}

export interface PutOptions {
  readonly reference: BlobReference;
  /** The transaction that writes the fact; the blob is then stored with it or not at all. Without it the put is one of its own. */
  readonly transaction?: EntityManager;
}

export interface StoredBlob {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly bytes: number;
}

export interface BlobStat extends StoredBlob {
  readonly createdAt: Date;
}

/** What a collection removed. */
export interface Collected {
  readonly blobs: number;
  readonly bytes: number;
}

/** Blobs by digest. It is also the injection token of the store in use. */
export abstract class BlobStore {
  /**
   * Stores bytes and the reference that keeps them; bytes that are stored already are not stored twice. Memory stays within a few
   * chunks. When the source throws, nothing is stored and its error passes through.
   *
   * @throws Fault INVALID_REQUEST when the source gives something else than Uint8Array
   */
  abstract put(source: BlobSource, options: PutOptions): Promise<StoredBlob>;

  /**
   * The bytes, in pieces of at most {@link BLOB_CHUNK_BYTES}, checked against the digest before the last piece is given.
   * A blob put in a transaction can be opened once that has committed.
   *
   * @throws Fault NOT_FOUND when there is no such blob, INTEGRITY when the bytes do not match (at the first missing piece, or
   * instead of the last piece)
   */
  abstract open(digest: string): AsyncIterable<Uint8Array>;

  /** @throws Fault NOT_FOUND when there is no such blob */
  abstract stat(digest: string): Promise<BlobStat>;

  abstract has(digest: string): Promise<boolean>;

  /**
   * Lets one more fact keep a stored blob; naming it twice is naming it once.
   *
   * @throws Fault NOT_FOUND when there is no such blob
   */
  abstract addReference(digest: string, reference: BlobReference, transaction?: EntityManager): Promise<void>;

  /** Ends a fact's claim on a blob; no such claim is no error. */
  abstract removeReference(digest: string, reference: BlobReference, transaction?: EntityManager): Promise<void>;

  /**
   * Removes blobs that no reference names and that were last put, referenced or released longer ago than the grace period.
   *
   * @param options.graceMs milliseconds, ≥ 0
   */
  abstract collect(options: { graceMs: number }): Promise<Collected>;

  /**
   * All bytes at once.
   *
   * @param options.maxBytes largest size taken into memory
   * @throws Fault TOO_LARGE above maxBytes, and as {@link open}
   */
  async read(digest: string, options: { maxBytes: number }): Promise<Uint8Array> {
    const { bytes } = await this.stat(digest);
    if (bytes > options.maxBytes) {
      throw new Fault('TOO_LARGE', `the blob has ${bytes} bytes, expected at most ${options.maxBytes}`, { digest, bytes, maxBytes: options.maxBytes });
    }
    const content = new Uint8Array(bytes);
    let at = 0;
    for await (const piece of this.open(digest)) {
      if (at + piece.length > bytes) throw brokenBlob(digest);
      content.set(piece, at);
      at += piece.length;
    }
    return content;
  }
}

/** Refuses what is not a digest, so that a typing error is not taken for a missing blob. */
export function checkDigest(digest: string): void {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Fault('INVALID_REQUEST', 'a digest is sha256: and 64 hexadecimal digits', { expected: 'sha256:<64 hex>' });
}

export function noSuchBlob(digest: string): Fault {
  return new Fault('NOT_FOUND', `there is no blob ${digest}`, { digest });
}

export function brokenBlob(digest: string): Fault {
  return new Fault('INTEGRITY', `the stored bytes of blob ${digest} do not match their digest`, { digest });
}
