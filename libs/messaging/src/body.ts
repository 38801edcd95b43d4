/**
 * Reads the body of a request: plain JSON, the envelope of Nest's own client, or raw bytes for the operations that take them.
 * An envelope is an object with `pattern` equal to the subject, an `id` and nothing but `pattern`, `data` and `id`; it is
 * answered in Nest's form, so that a ClientProxy works.
 */
import type { Operation } from '@salus/contracts';
import { Fault } from '@salus/fault';
import type { MsgHdrs } from '@nats-io/transport-node';
import { parseStrictJson } from './strict-json';

export const CONTENT_TYPE_HEADER = 'Content-Type';
export const ARGS_HEADER = 'Salus-Args';
export const OCTET_STREAM = 'application/octet-stream';
const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json\b/i;
const ENVELOPE_KEYS: ReadonlySet<string> = new Set(['pattern', 'data', 'id']);

/** A body that was read. */
export interface ReadBody {
  readonly value: unknown;
  /** Set when the body was an envelope of Nest's client. */
  readonly nestId?: string;
}

type Envelope = { readonly pattern: string; readonly id: string; readonly data?: unknown };

function isEnvelope(value: unknown, subject: string): value is Envelope {
  if (typeof value !== 'object' || value === null || !('pattern' in value) || !('id' in value)) return false;
  return value.pattern === subject && typeof value.id === 'string' && Object.keys(value).every((key) => ENVELOPE_KEYS.has(key));
}

const ENVELOPE_START = Buffer.from('{"pattern":');
const LONGEST_ENVELOPE_END = 128;

/**
 * The id of an envelope that was refused before its body was read, so that the refusal too has Nest's form. Nest writes
 * the pattern first and the id last, which is enough to know one without parsing what may be huge or malformed.
 */
export function envelopeIdOf(body: Uint8Array): string | undefined {
  if (Buffer.compare(body.subarray(0, ENVELOPE_START.length), ENVELOPE_START) !== 0) return undefined;
  return /"id":"([\x20-\x21\x23-\x5b\x5d-\x7e]{1,64})"\}$/.exec(Buffer.from(body.subarray(-LONGEST_ENVELOPE_END)).toString('latin1'))?.[1];
}

function readBytes(operation: Operation, headers: MsgHdrs, body: Uint8Array): unknown {
  const field = operation.bytesField;
  if (!field) throw new Fault('UNSUPPORTED_CONTENT', `this operation takes no ${OCTET_STREAM}`, { expected: 'application/json' });
  const args = headers.get(ARGS_HEADER);
  const rest = args === '' ? {} : parseStrictJson(Buffer.from(args, 'utf8'));
  if (typeof rest !== 'object' || rest === null || Array.isArray(rest)) throw new Fault('MALFORMED_REQUEST', `the header ${ARGS_HEADER} must hold a JSON object`);
  if (field in rest) throw new Fault('MALFORMED_REQUEST', `the field ${field} stands in the body and in the header ${ARGS_HEADER}`, { field });
  return { ...rest, [field]: body };
}

/**
 * What the body of a request stands for, not validated yet.
 * @throws Fault TOO_LARGE, UNSUPPORTED_CONTENT or MALFORMED_REQUEST
 */
export function readBody(operation: Operation, message: { subject: string; headers?: MsgHdrs; data: Uint8Array }): ReadBody {
  const { subject, headers, data } = message;
  if (data.length > operation.maxRequestBytes)
    throw new Fault('TOO_LARGE', `the body has ${data.length} bytes; this operation takes at most ${operation.maxRequestBytes}`, { bytes: data.length, limit: operation.maxRequestBytes });
  const type = headers?.get(CONTENT_TYPE_HEADER) ?? '';
  if (headers && type !== '' && !JSON_TYPE.test(type)) {
    if (type.split(';')[0].trim().toLowerCase() === OCTET_STREAM) return { value: readBytes(operation, headers, data) };
    throw new Fault('UNSUPPORTED_CONTENT', 'the Content-Type of the body is not taken here', { expected: operation.bytesField ? ['application/json', OCTET_STREAM] : ['application/json'] });
  }
  const value = parseStrictJson(data);
  return isEnvelope(value, subject) ? { value: value.data, nestId: value.id } : { value };
}
