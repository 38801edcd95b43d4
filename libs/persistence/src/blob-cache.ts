/**
 * Blobs as local files, for readers that want a path (DuckDB reads Parquet by name). A file is named by its digest, written beside
 * its place, synced and renamed, so that a name never stands for half a blob, and checked against its digest when this process
 * meets it for the first time. The folder is bounded: the files used longest ago go first. Several processes may share a folder;
 * for that, files used within the last minute stay even when the bound is passed, and so do those in use here.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { types } from 'node:util';
import { Fault } from '@salus/fault';
import { type BlobStore, checkDigest } from './blob.store';

export interface BlobCacheOptions {
  readonly store: BlobStore;
  /** Folder of its own; made when it is missing. */
  readonly directory: string;
  /** Bound of all files together, in bytes. */
  readonly maxBytes: number;
  /** Files used within this time are kept, in milliseconds; 60,000 if left out. */
  readonly protectMs?: number;
}

interface CachedFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly usedAtMs: number;
}

const STALE_PART_MS = 3_600_000;

export class BlobCache {
  private readonly underWay = new Map<string, Promise<string>>();
  private readonly verified = new Set<string>();
  private readonly inUse = new Map<string, number>();
  private parts = 0;

  constructor(private readonly options: BlobCacheOptions) {}

  /** The folder of the files. */
  get directory(): string {
    return this.options.directory;
  }

  /**
   * The path of a file with the bytes of the blob. Open it within a minute, or hold it with {@link use}.
   *
   * @throws Fault NOT_FOUND, INTEGRITY, or TOO_LARGE when the blob alone passes the bound
   */
  async path(digest: string): Promise<string> {
    checkDigest(digest);
    const running = this.underWay.get(digest);
    if (running) return running;
    const made = this.ensure(digest).finally(() => this.underWay.delete(digest));
    this.underWay.set(digest, made);
    return made;
  }

  /** Runs work on the file of a blob, which stays in place until the work is over. */
  async use<T>(digest: string, work: (path: string) => Promise<T>): Promise<T> {
    const name = nameOf(digest);
    this.inUse.set(name, (this.inUse.get(name) ?? 0) + 1);
    try {
      return await work(await this.path(digest));
    } finally {
      const left = (this.inUse.get(name) ?? 1) - 1;
      if (left > 0) this.inUse.set(name, left);
      else this.inUse.delete(name);
    }
  }

  private async ensure(digest: string): Promise<string> {
    const path = join(this.options.directory, nameOf(digest));
    await mkdir(this.options.directory, { recursive: true });
    if (await this.isIntact(digest, path)) return path;
    const { bytes } = await this.options.store.stat(digest);
    if (bytes > this.options.maxBytes) {
      throw new Fault('TOO_LARGE', `the blob has ${bytes} bytes and the file cache takes ${this.options.maxBytes}; raise its bound`, { digest, bytes, maxBytes: this.options.maxBytes });
    }
    await this.evict(bytes, nameOf(digest));
    await this.write(digest, path);
    this.verified.add(digest);
    return path;
  }

  /** Also marks the file as used now. */
  private async isIntact(digest: string, path: string): Promise<boolean> {
    try {
      if (!this.verified.has(digest) && (await digestOfFile(path)) !== digest) {
        await rm(path, { force: true });
        return false;
      }
      await utimes(path, new Date(), new Date());
      this.verified.add(digest);
      return true;
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.verified.delete(digest);
      return false;
    }
  }

  private async write(digest: string, path: string): Promise<void> {
    const part = `${path}.${process.pid}-${(this.parts += 1)}.part`;
    try {
      const file = await open(part, 'wx', 0o600);
      try {
        for await (const piece of this.options.store.open(digest)) await file.writeFile(piece);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  /** Makes room for the bytes that are about to come. */
  private async evict(bytesToCome: number, keep: string): Promise<void> {
    const files = await this.files();
    const now = Date.now();
    let total = bytesToCome + files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files.sort((a, b) => a.usedAtMs - b.usedAtMs)) {
      const ageMs = now - file.usedAtMs;
      const isStalePart = file.name.endsWith('.part') && ageMs > STALE_PART_MS;
      const isFree = !file.name.endsWith('.part') && file.name !== keep && !this.inUse.has(file.name) && ageMs >= (this.options.protectMs ?? 60_000);
      if (!isStalePart && !(isFree && total > this.options.maxBytes)) continue;
      await rm(file.path, { force: true });
      total -= file.bytes;
    }
  }

  private async files(): Promise<CachedFile[]> {
    const files: CachedFile[] = [];
    for (const name of await readdir(this.options.directory)) {
      if (!/^[0-9a-f]{64}(\.[0-9-]+\.part)?$/.test(name)) continue;
      const path = join(this.options.directory, name);
      try {
        const { size, mtimeMs } = await stat(path);
        files.push({ path, name, bytes: size, usedAtMs: mtimeMs });
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    return files;
  }
}

const nameOf = (digest: string): string => digest.slice('sha256:'.length);

const isMissing = (error: unknown): boolean => types.isNativeError(error) && 'code' in error && error.code === 'ENOENT';

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
