/**
 * Reads the descriptors that name facts: a dataset version, a prepared dataset, a model version. Each is a blob of canonical
 * JSON; its digest is the name of the fact, so that whoever has the name needs to ask nobody.
 */
import { Fault } from '@salus/fault';
import type { BlobStore } from '@salus/persistence';
import type { z } from 'zod';

/** Largest descriptor that is read into memory, in bytes. */
const DESCRIPTOR_LIMIT = 64 << 20;

/** What a descriptor must look like and what to call it in a message. */
export interface DescriptorForm<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** With its article, such as `the descriptor of a dataset version`. */
  readonly title: string;
}

/**
 * The descriptor of that digest.
 * @throws Fault NOT_FOUND or INTEGRITY as the blob store does, TOO_LARGE above 64 MiB, INVALID_DATA with the first ten of
 * `details.issues: { path, expected }[]` when the blob is something else
 */
export async function readDescriptor<Schema extends z.ZodType>(blobs: BlobStore, digest: string, form: DescriptorForm<Schema>): Promise<z.output<Schema>> {
  return parseDescriptor(await blobs.read(digest, { maxBytes: DESCRIPTOR_LIMIT }), digest, form);
}

/**
 * The descriptor that the bytes hold.
 * @param digest names the bytes in a message
 * @throws Fault INVALID_DATA as {@link readDescriptor}
 */
export function parseDescriptor<Schema extends z.ZodType>(bytes: Uint8Array, digest: string, { schema, title }: DescriptorForm<Schema>): z.output<Schema> {
  const parsed = schema.safeParse(jsonOf(bytes));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 10).map((issue) => ({ path: issue.path.join('.'), expected: issue.message }));
  throw new Fault('INVALID_DATA', `blob ${digest} is not ${title}`, { digest, issues });
}

/** The JSON value, or undefined, which no descriptor is. The parser's own message would quote the blob, which may hold patient data. */
function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
