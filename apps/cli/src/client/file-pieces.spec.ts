import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { digestOf, expectUnchanged, openSource, pieceAt, readPiece, type SourceFile } from './file-pieces';
import { uploadKey } from './upload-file';
import { isWrongArgument } from './wrong-argument';

const folder = mkdtempSync(join(tmpdir(), 'salus-cli-'));
const opened: SourceFile[] = [];
afterAll(async () => {
  await Promise.all(opened.map(({ handle }) => handle.close()));
  rmSync(folder, { recursive: true });
});

async function sourceOf(content: Uint8Array): Promise<SourceFile> {
  const path = join(folder, randomBytes(8).toString('hex'));
  writeFileSync(path, content);
  const source = await openSource(path);
  opened.push(source);
  return source;
}

describe('the pieces of a file', () => {
  it('tile the file without gap and overlap, every one but the last of the same size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 1, max: 2 ** 30 }), (bytes, chunkBytes) => {
        const chunks = Math.ceil(bytes / chunkBytes);
        const last = pieceAt(chunks - 1, { bytes, chunkBytes });
        expect(last.offset + last.length).toBe(bytes);
        expect(pieceAt(0, { bytes, chunkBytes })).toEqual({ offset: 0, length: Math.min(bytes, chunkBytes) });
        expect(() => pieceAt(chunks, { bytes, chunkBytes })).toThrow(/asks for piece/);
      }),
    );
  });

  it('put together are the file, and its digest is that of the bytes', async () => {
    const content = randomBytes(2_500_000);
    const source = await sourceOf(content);
    const chunkBytes = 700_001;
    const pieces = await Promise.all([0, 1, 2, 3].map((index) => readPiece(source, pieceAt(index, { bytes: source.bytes, chunkBytes }))));
    expect(Buffer.concat(pieces).equals(content)).toBe(true);
    const read: number[] = [];
    expect(await digestOf(source, (bytes) => read.push(bytes))).toBe(`sha256:${createHash('sha256').update(content).digest('hex')}`);
    expect(read.at(-1)).toBe(content.length);
  });
});

describe('a file to send', () => {
  it.each([
    ['is missing', join(folder, 'nothing'), 'NOT_FOUND'],
    ['is a folder', folder, 'INVALID_DATA'],
  ])('that %s is a wrong argument', async (_what, path, code) => {
    const fault = await openSource(path).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code });
    expect(isWrongArgument(fault)).toBe(true);
  });

  it('that is empty is a wrong argument', async () => {
    await expect(sourceOf(Buffer.alloc(0))).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });

  it('that becomes shorter, longer or other is told as changed', async () => {
    const source = await sourceOf(Buffer.alloc(100, 1));
    await expectUnchanged(source);
    utimesSync(source.path, 1, 1);
    await expect(expectUnchanged(source)).rejects.toMatchObject({ code: 'CONFLICT' });
    truncateSync(source.path, 10);
    await expect(readPiece(source, { offset: 0, length: 100 })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(digestOf(source, () => undefined)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('the idempotency key of an upload', () => {
  const file = { digest: 'sha256:00', fileName: 'a.csv', model: 'bp' };

  it('is the same for the same file and model, and another for anything else', () => {
    const keys = [uploadKey(file, 0), uploadKey(file, 1), uploadKey({ ...file, model: 'b' }, 0), uploadKey({ ...file, fileName: 'b' }, 0), uploadKey({ ...file, digest: 'sha256:01' }, 0)];
    expect(uploadKey({ ...file }, 0)).toBe(keys[0]);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys[0]).toMatch(/^[\x21-\x7e]{1,128}$/);
  });
});
