/**
 * One text for one value, so that a digest names a fact and not its formatting: keys sorted by code unit, no white space,
 * numbers as ECMAScript writes them (RFC 8785). Values that JSON cannot hold are refused.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Fault } from '@salus/fault';

/**
 * The canonical JSON text of a value.
 * @throws Fault NOT_FINITE for NaN or an infinity, SHAPE_MISMATCH for a value that JSON does not have
 */
export function canonicalJson(value: unknown, path = '$'): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Fault('NOT_FINITE', `${path} is not a finite number, so it has no JSON form`, { path });
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((entry, index) => canonicalJson(entry, `${path}[${index}]`)).join(',')}]`;
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry, `${path}.${key}`)}`).join(',')}}`;
  }
  throw new Fault('SHAPE_MISMATCH', `${path} is a ${typeof value}; expected a JSON value`, { path });
}

/** `sha256:` and the hexadecimal SHA-256 of the bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The UTF-8 bytes of a value's canonical JSON and their digest. */
export function canonicalBytes(value: unknown): { readonly bytes: Uint8Array; readonly digest: string } {
  const bytes = Buffer.from(canonicalJson(value), 'utf8');
  return { bytes, digest: digestOf(bytes) };
}

/** The digest of a file, read as a stream. */
export async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
