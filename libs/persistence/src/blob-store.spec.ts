import { randomUUID } from 'node:crypto';
import { startPostgres, type PostgresTestServer } from '@salus/testkit';
import type { DataSource } from 'typeorm';
import { blobStoreConformance, sha256 } from './blob-store.conformance';
import { MemoryBlobStore, PostgresBlobStore, inTransaction, openDatabase, rowsOf } from './index';

const START_TIMEOUT_MS = 60_000;
const open = (url: string): Promise<DataSource> => openDatabase({ url, service: 'archive', entities: [], migrations: [] });

blobStoreConformance('MemoryBlobStore', async () => {
  const store = new MemoryBlobStore();
  const { entries } = store as unknown as { entries: Map<string, { chunks: Buffer[] }> };
  return { store, corrupt: async (digest) => void (entries.get(digest)!.chunks[0][0] ^= 1) };
});

blobStoreConformance('PostgresBlobStore', async () => {
  const server = await startPostgres();
  const dataSource = await open(server.url);
  return {
    store: new PostgresBlobStore(dataSource),
    corrupt: async (digest) => {
      await rowsOf(
        dataSource,
        `UPDATE platform.blob_chunk SET bytes = set_byte(bytes, 0, get_byte(bytes, 0) # 1)
         WHERE position = 0 AND content = (SELECT content FROM platform.blob WHERE digest = $1)`,
        [digest],
      );
    },
    close: async () => {
      await dataSource.destroy();
      await server.stop();
    },
  };
});

describe('PostgresBlobStore', () => {
  let server: PostgresTestServer;
  let dataSource: DataSource;
  let store: PostgresBlobStore;
  const reference = { service: 'archive', fact: 'dataset/1' };

  beforeAll(async () => {
    server = await startPostgres();
    dataSource = await open(server.url);
    store = new PostgresBlobStore(dataSource);
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await dataSource?.destroy();
    await server?.stop();
  });

  const countOf = async (table: string): Promise<number> => Number((await rowsOf<{ n: string }>(dataSource, `SELECT count(*) AS n FROM platform.${table}`))[0].n);

  it('stores a blob with the fact of its transaction or not at all', async () => {
    const bytes = Buffer.from(randomUUID());
    const before = await countOf('blob_chunk');
    const failing = inTransaction(dataSource, async (transaction) => {
      await store.put(bytes, { reference, transaction });
      throw new RangeError('the fact was refused');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect([await store.has(sha256(bytes)), await countOf('blob_chunk')]).toEqual([false, before]);
    await inTransaction(dataSource, (transaction) => store.put(bytes, { reference, transaction }));
    expect(await store.has(sha256(bytes))).toBe(true);
  });

  it('keeps one set of chunks for content that is put twice', async () => {
    const bytes = Buffer.alloc(2_500_000, randomUUID());
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield bytes;
    }
    await store.put(pieces(), { reference });
    const before = await countOf('blob_chunk');
    await store.put(pieces(), { reference: { service: 'archive', fact: 'dataset/2' } });
    expect(await countOf('blob_chunk')).toBe(before);
  });

  it('does not collect a blob whose put has not committed yet', async () => {
    const bytes = Buffer.from(randomUUID());
    await inTransaction(dataSource, async (transaction) => {
      await store.put(bytes, { reference, transaction });
      await store.collect({ graceMs: 0 });
    });
    expect(Buffer.from(await store.read(sha256(bytes), { maxBytes: 100 }))).toEqual(bytes);
  });

  it('leaves nothing behind when the writer loses its connection in the middle', async () => {
    const before = await countOf('blob_chunk');
    async function* cutOff(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1_500_000, 1);
      await rowsOf(dataSource, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' AND pid <> pg_backend_pid()");
      yield Buffer.alloc(1_500_000, 2);
    }
    await expect(store.put(cutOff(), { reference })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await countOf('blob_chunk')).toBe(before);
    expect(await store.put(Buffer.from('after'), { reference })).toMatchObject({ bytes: 5 });
  });

  it('carries 256 MiB there and back in bounded memory', async () => {
    const piece = Buffer.alloc(1 << 16, 7);
    let peakBytes = 0;
    const baseBytes = process.memoryUsage().arrayBuffers;
    const measure = (): void => void (peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers - baseBytes));
    async function* source(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < 4_096; at += 1) {
        piece.writeUInt32LE(at, 0);
        measure();
        yield piece;
      }
    }
    const { digest, bytes } = await store.put(source(), { reference });
    let read = 0;
    for await (const part of store.open(digest)) {
      measure();
      read += part.length;
    }
    expect([bytes, read]).toEqual([1 << 28, 1 << 28]);
    // Freed buffers wait for the garbage collector, so that the bound is far above a few chunks and far below the whole blob.
    expect(peakBytes).toBeLessThan(128 << 20);
  }, START_TIMEOUT_MS);
});
