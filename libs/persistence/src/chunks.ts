/** Cuts a source into chunks of one size and counts and hashes what passes. */
import { createHash } from 'node:crypto';
import { Fault } from '@salus/fault';
import { BLOB_CHUNK_BYTES, type BlobSource } from './blob.store';

/** Pieces of exactly BLOB_CHUNK_BYTES, the last one shorter; no piece for an empty source. Each may be kept: none is reused. */
export async function* chunksOf(source: BlobSource): AsyncGenerator<Buffer> {
  if (source instanceof Uint8Array) {
    const all = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
    for (let at = 0; at < all.length; at += BLOB_CHUNK_BYTES) yield all.subarray(at, at + BLOB_CHUNK_BYTES);
    return;
  }
  let chunk = Buffer.allocUnsafeSlow(BLOB_CHUNK_BYTES);
  let filled = 0;
  for await (const piece of source) {
    if (!(piece instanceof Uint8Array)) throw new Fault('INVALID_REQUEST', `a blob source gives Uint8Array, received ${typeof piece}`);
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + BLOB_CHUNK_BYTES - filled);
      chunk.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < BLOB_CHUNK_BYTES) continue;
      yield chunk;
      chunk = Buffer.allocUnsafeSlow(BLOB_CHUNK_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

/** SHA-256 over pieces in order, as a digest. */
export class DigestCounter {
  private readonly hash = createHash('sha256');
  bytes = 0;
  chunks = 0;

  add(piece: Uint8Array): void {
    this.hash.update(piece);
    this.bytes += piece.length;
    this.chunks += 1;
  }

  /** `sha256:…`; call it once, at the end. */
  digest(): string {
    return `sha256:${this.hash.digest('hex')}`;
  }
}
