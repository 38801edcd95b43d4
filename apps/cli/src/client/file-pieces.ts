/**
 * A file on this machine as an upload needs it: its digest, and its pieces by number. Nothing holds more than one piece,
 * so the size of the file does not matter.
 */
import { createHash } from 'node:crypto';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { Fault } from '@salus/fault';
import { throwIfEnded } from './patience';
import { wrongArgument } from './wrong-argument';

const READ_BYTES = 1 << 20;

/** An open file and what it was like when it was opened. */
export interface SourceFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** Where a piece lies in the file, in bytes. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
}

/** Opens a file that can be sent. @throws Fault NOT_FOUND, FORBIDDEN or INVALID_DATA, each a wrong argument */
export async function openSource(path: string): Promise<SourceFile> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES' || error.code === 'EPERM') throw wrongArgument('FORBIDDEN', `the file ${path} cannot be read: no permission`, { path });
    throw wrongArgument('NOT_FOUND', `no file at ${path}`, { path, reason: error.code });
  });
  const facts = await handle.stat();
  const problem = !facts.isFile() ? 'is not a regular file' : facts.size === 0 ? 'is empty' : undefined;
  if (problem === undefined) return { path, handle, bytes: facts.size, modifiedMs: facts.mtimeMs };
  await handle.close();
  throw wrongArgument('INVALID_DATA', `${path} ${problem}; expected a file with data`, { path });
}

/**
 * SHA-256 of the file as `sha256:<64 hexadecimal digits>`.
 * @param onRead told the bytes read so far
 */
export async function digestOf(source: SourceFile, onRead: (bytes: number) => void, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, source.bytes));
  for (let at = 0; at < source.bytes; ) {
    throwIfEnded(signal);
    const { bytesRead } = await source.handle.read(buffer, 0, Math.min(buffer.length, source.bytes - at), at);
    if (bytesRead === 0) throw changed(source);
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
    onRead(at);
  }
  return `sha256:${hash.digest('hex')}`;
}

/**
 * Where piece `index` (0-based) lies when every piece but the last has `chunkBytes` bytes.
 * @throws Fault SHAPE_MISMATCH when the file has no such piece
 */
export function pieceAt(index: number, { bytes, chunkBytes }: { readonly bytes: number; readonly chunkBytes: number }): Piece {
  const offset = index * chunkBytes;
  if (offset >= bytes) {
    const text = `the platform asks for piece ${index} of a file of ${bytes} bytes in pieces of ${chunkBytes}`;
    throw new Fault('SHAPE_MISMATCH', text, { index, bytes, chunkBytes });
  }
  return { offset, length: Math.min(chunkBytes, bytes - offset) };
}

/** The bytes of a piece. @throws Fault CONFLICT when the file has become shorter */
export async function readPiece(source: SourceFile, { offset, length }: Piece): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await source.handle.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) throw changed(source);
    done += bytesRead;
  }
  return buffer;
}

/** @throws Fault CONFLICT when the file is no longer what it was when it was opened */
export async function expectUnchanged(source: SourceFile): Promise<void> {
  const now = await stat(source.path).catch(() => undefined);
  if (now?.size !== source.bytes || now.mtimeMs !== source.modifiedMs) throw changed(source);
}

const changed = ({ path }: SourceFile): Fault => new Fault('CONFLICT', `the file ${path} changed while it was sent`, { path });
