import { mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobCache, MemoryBlobStore } from './index';

describe('BlobCache', () => {
  let directory: string;
  let store: MemoryBlobStore;
  let cache: BlobCache;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'salus-blob-cache-')), 'cache');
    store = new MemoryBlobStore();
    cache = new BlobCache({ store, directory, maxBytes: 3_000, protectMs: 0 });
  });

  afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }));

  const put = async (fill: string, length = 1_000): Promise<string> =>
    (await store.put(Buffer.alloc(length, fill), { reference: { service: 'suite', fact: fill } })).digest;
  const age = (path: string, seconds: number) => utimes(path, new Date(Date.now() - 1_000 * seconds), new Date(Date.now() - 1_000 * seconds));

  it('gives a file with the bytes of the blob, the same one every time', async () => {
    const digest = await put('a');
    const path = await cache.path(digest);
    expect(await readFile(path, 'latin1')).toBe('a'.repeat(1_000));
    expect(await cache.path(digest)).toBe(path);
    expect(await readdir(directory)).toEqual([digest.slice(7)]);
  });

  it('reads the store once for many callers at once', async () => {
    const digest = await put('a');
    let opened = 0;
    const open = store.open.bind(store);
    store.open = (name: string) => ((opened += 1), open(name));
    await Promise.all(Array.from({ length: 20 }, () => cache.path(digest)));
    expect(opened).toBe(1);
  });

  it('drops the files used longest ago when the bound is passed', async () => {
    const paths: string[] = [];
    for (const [at, fill] of ['a', 'b', 'c'].entries()) {
      paths.push(await cache.path(await put(fill)));
      await age(paths[at], 100 - at);
    }
    await cache.path(await put('a'));
    const fourth = await cache.path(await put('d'));
    expect((await readdir(directory)).sort()).toEqual([paths[0], paths[2], fourth].map((path) => path.slice(-64)).sort());
  });

  it('keeps a file that is in use', async () => {
    const digest = await put('a');
    await cache.use(digest, async (path) => {
      await age(path, 1_000);
      for (const fill of ['b', 'c', 'd', 'e']) await cache.path(await put(fill));
      expect((await stat(path)).size).toBe(1_000);
    });
    await cache.path(await put('f'));
    expect((await readdir(directory)).length).toBeLessThanOrEqual(3);
  });

  it('replaces a file whose bytes are not those of its name', async () => {
    const digest = await put('a');
    await cache.path(digest);
    await writeFile(join(directory, digest.slice(7)), 'z'.repeat(1_000));
    const restarted = new BlobCache({ store, directory, maxBytes: 3_000 });
    expect(await readFile(await restarted.path(digest), 'latin1')).toBe('a'.repeat(1_000));
  });

  it('makes a file again that somebody removed', async () => {
    const digest = await put('a');
    await rm(await cache.path(digest));
    expect(await readFile(await cache.path(digest), 'latin1')).toBe('a'.repeat(1_000));
  });

  it('leaves no part behind when the store gives broken bytes', async () => {
    const digest = await put('a');
    store.open = async function* () {
      yield Buffer.from('half');
      throw new RangeError('the store broke');
    };
    await expect(cache.path(digest)).rejects.toThrow(RangeError);
    expect(await readdir(directory)).toEqual([]);
  });

  it('refuses a blob that alone passes the bound, and one that does not exist', async () => {
    await expect(cache.path(await put('big', 3_001))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await expect(cache.path(`sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(cache.path('../../etc/passwd')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
