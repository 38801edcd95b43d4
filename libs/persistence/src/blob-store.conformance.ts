/** What every blob store holds to; run it over each twin. */
import { createCipheriv, createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { BLOB_CHUNK_BYTES, type BlobSource, type BlobStore, type PutOptions } from './blob.store';

export interface BlobStoreUnderTest {
  readonly store: BlobStore;
  /** Makes the store give other bytes than were put for a digest. */
  corrupt(digest: string): Promise<void>;
  close?(): Promise<void>;
}

export const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const UNKNOWN = `sha256:${'0'.repeat(64)}`;
const TIMEOUT_MS = 60_000;
let facts = 0;
const freshReference = (): PutOptions['reference'] => ({ service: 'suite', fact: `fact/${(facts += 1)}` });

/** Bytes from a seed that look random: a cipher is far quicker than a generator written here. */
function pattern(length: number, seed: number): Uint8Array {
  const key = createHash('md5').update(`${seed}`).digest();
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

async function* inPieces(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const length of lengths) {
    yield bytes.subarray(at, at + length);
    at += length;
  }
  yield bytes.subarray(at);
}

async function collected(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

/**
 * Registers the suite.
 *
 * @param name name of the implementation, printed with every test
 * @param open opens a store that this suite alone uses
 */
export function blobStoreConformance(name: string, open: () => Promise<BlobStoreUnderTest>): void {
  describe(`blob store: ${name}`, () => {
    let under: BlobStoreUnderTest;
    let store: BlobStore;

    beforeAll(async () => {
      under = await open();
      store = under.store;
    }, TIMEOUT_MS);

    afterAll(() => under?.close?.());

    const put = (source: BlobSource, reference = freshReference()) => store.put(source, { reference });

    it.each([0, 1, BLOB_CHUNK_BYTES - 1, BLOB_CHUNK_BYTES, BLOB_CHUNK_BYTES + 1, 2 * BLOB_CHUNK_BYTES])('gives back %d bytes', async (length) => {
      const bytes = pattern(length, length + 1);
      expect(await put(bytes)).toEqual({ digest: sha256(bytes), bytes: length });
      expect(sha256(await collected(store.open(sha256(bytes))))).toBe(sha256(bytes));
      expect(await store.stat(sha256(bytes))).toMatchObject({ digest: sha256(bytes), bytes: length });
    });

    it('gives the same digest and bytes for any chunking of the source', async () => {
      const chunking = fc.tuple(fc.integer({ min: 0, max: 3_000_000 }), fc.integer({ min: 1 }), fc.array(fc.nat({ max: 1_500_000 }), { maxLength: 8 }));
      await fc.assert(
        fc.asyncProperty(chunking, async ([length, seed, lengths]) => {
          const bytes = pattern(length, seed);
          const { digest, bytes: stored } = await put(inPieces(bytes, lengths));
          expect({ digest, stored }).toEqual({ digest: sha256(bytes), stored: length });
          expect(sha256(await store.read(digest, { maxBytes: length }))).toBe(digest);
        }),
        { numRuns: 25, seed: 20_261_123 },
      );
    }, TIMEOUT_MS);

    it('gives pieces of at most one chunk, which the caller may change without harm', async () => {
      const bytes = pattern(2 * BLOB_CHUNK_BYTES + 7, 77);
      const { digest } = await put(bytes);
      for await (const piece of store.open(digest)) {
        expect(piece.length).toBeLessThanOrEqual(BLOB_CHUNK_BYTES);
        piece.fill(0);
      }
      expect(sha256(await collected(store.open(digest)))).toBe(digest);
    });

    it('keeps its own copy of what was put', async () => {
      const bytes = pattern(100, 55);
      const { digest } = await put(bytes);
      bytes.fill(0);
      expect(sha256(await store.read(digest, { maxBytes: 100 }))).toBe(digest);
    });

    it('takes the same content from many writers at once', async () => {
      const bytes = pattern(BLOB_CHUNK_BYTES + 3, 99);
      const stored = await Promise.all(Array.from({ length: 8 }, (_, at) => put(at % 2 ? bytes : inPieces(bytes, [at * 1_000]))));
      expect(new Set(stored.map(({ digest }) => digest))).toEqual(new Set([sha256(bytes)]));
      expect(sha256(await store.read(sha256(bytes), { maxBytes: bytes.length }))).toBe(sha256(bytes));
    });

    it('stores nothing when the source fails, and passes the failure on', async () => {
      const bytes = pattern(2 * BLOB_CHUNK_BYTES, 1_234);
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield bytes;
        throw new RangeError('the source broke');
      }
      await expect(put(failing())).rejects.toThrow(RangeError);
      expect(await store.has(sha256(bytes))).toBe(false);
    });

    it('refuses a source that gives something else than bytes', async () => {
      async function* text(): AsyncGenerator<Uint8Array> {
        yield 'text' as unknown as Uint8Array;
      }
      await expect(put(text())).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    });

    it('answers NOT_FOUND for an unknown digest and INVALID_REQUEST for what is none', async () => {
      expect(await store.has(UNKNOWN)).toBe(false);
      await expect(store.stat(UNKNOWN)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(collected(store.open(UNKNOWN))).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(store.addReference(UNKNOWN, freshReference())).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(store.removeReference(UNKNOWN, freshReference())).resolves.toBeUndefined();
      await expect(store.has("sha256:' OR 1=1 --")).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      await expect(collected(store.open('sha256:ABC'))).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    });

    it('refuses to read more than was allowed', async () => {
      const { digest } = await put(pattern(10, 3));
      await expect(store.read(digest, { maxBytes: 9 })).rejects.toMatchObject({ code: 'TOO_LARGE', details: { bytes: 10, maxBytes: 9 } });
    });

    it('gives INTEGRITY instead of the last piece when the stored bytes were changed', async () => {
      const bytes = pattern(BLOB_CHUNK_BYTES + 500, 4_321);
      const { digest } = await put(bytes);
      await under.corrupt(digest);
      const pieces: Uint8Array[] = [];
      const reading = (async () => {
        for await (const piece of store.open(digest)) pieces.push(piece);
      })();
      await expect(reading).rejects.toMatchObject({ code: 'INTEGRITY' });
      expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBeLessThan(bytes.length);
    });

    it('collects a blob when its last reference has gone, not before', async () => {
      const [first, second] = [freshReference(), freshReference()];
      const { digest } = await put(pattern(1_000, 8), first);
      await store.addReference(digest, second);
      await store.addReference(digest, second);
      await store.removeReference(digest, first);
      await store.collect({ graceMs: 0 });
      expect(await store.has(digest)).toBe(true);
      await store.removeReference(digest, second);
      expect(await store.collect({ graceMs: 0 })).toEqual({ blobs: 1, bytes: 1_000 });
      expect(await store.has(digest)).toBe(false);
      expect(await store.collect({ graceMs: 0 })).toEqual({ blobs: 0, bytes: 0 });
    });

    it('leaves an unreferenced blob alone during the grace period', async () => {
      const reference = freshReference();
      const { digest } = await put(pattern(1_000, 9), reference);
      await store.removeReference(digest, reference);
      expect(await store.collect({ graceMs: 3_600_000 })).toEqual({ blobs: 0, bytes: 0 });
      expect(await store.has(digest)).toBe(true);
    });

    it('collects more blobs than fit into one batch', async () => {
      const reference = freshReference();
      await store.collect({ graceMs: 0 });
      for (let at = 0; at < 120; at += 1) {
        const { digest } = await put(pattern(20, 100_000 + at), reference);
        await store.removeReference(digest, reference);
      }
      expect(await store.collect({ graceMs: 0 })).toEqual({ blobs: 120, bytes: 2_400 });
    });

    it('loses nothing that is put again while the collector runs', async () => {
      const bytes = pattern(5_000, 31);
      let collecting = true;
      const collector = (async () => {
        while (collecting) await store.collect({ graceMs: 0 });
      })();
      const reference = freshReference();
      for (let round = 0; round < 40; round += 1) {
        const { digest } = await put(round % 2 ? bytes : inPieces(bytes, [2_000]), reference);
        expect(sha256(await store.read(digest, { maxBytes: 5_000 }))).toBe(digest);
        await store.removeReference(digest, reference);
      }
      collecting = false;
      await collector;
    }, TIMEOUT_MS);
  });
}
