/**
 * Requests that must be refused, made from one seed: the same seed gives the same bodies. Each kind breaks one thing, on the
 * basis of a request that would be good, and names the codes with which it may be refused.
 * Limits: it knows the good request only as an object with at least one field; what its schema allows beyond that it
 * cannot know, so the kinds break what no strict schema allows.
 */
import type { FaultCode } from '@salus/fault';

export interface HostileBody {
  readonly kind: string;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Any of these is right. */
  readonly codes: readonly FaultCode[];
}

export interface HostileOptions {
  /** 32-bit seed. */
  readonly seed: number;
  /** How many bodies. */
  readonly count: number;
  /** A request that the operation takes; an object with at least one required field. */
  readonly good: Readonly<Record<string, unknown>>;
  /** Subject of the operation, for envelopes of Nest's client. */
  readonly subject: string;
  /** Largest message of the server, in bytes. */
  readonly maxPayload: number;
  /** How many of the bodies are exactly maxPayload long. */
  readonly longest?: number;
}

interface Maker {
  readonly good: Readonly<Record<string, unknown>>;
  readonly subject: string;
  readonly maxPayload: number;
  /** A whole number from 0 to below the bound. */
  below(bound: number): number;
}

type Made = Omit<HostileBody, 'kind' | 'body'> & { readonly body: Uint8Array | string };
type Kind = (make: Maker) => Made;

const MALFORMED: readonly FaultCode[] = ['MALFORMED_REQUEST'];
const INVALID: readonly FaultCode[] = ['INVALID_REQUEST'];
const EITHER: readonly FaultCode[] = ['MALFORMED_REQUEST', 'INVALID_REQUEST'];

/** Mulberry32: small, seeded, good enough to choose with. */
function randomBelow(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

const pick = <Item>({ below }: Maker, items: readonly Item[]): Item => items[below(items.length)];
const text = ({ good }: Maker): string => JSON.stringify(good);
/** The good request with one more member, given as JSON text. */
const withMember = (make: Maker, member: string): string => `${text(make).slice(0, -1)},${member}}`;

function wrongType(value: unknown): unknown {
  if (typeof value === 'string') return 12;
  if (typeof value === 'number' || typeof value === 'boolean') return 'twelve';
  return Array.isArray(value) ? 'not a list' : [true];
}

function randomBytes(make: Maker): Uint8Array {
  const bytes = Uint8Array.from({ length: 1 + make.below(64) }, () => make.below(256));
  bytes[0] = 0x80 | bytes[0];
  return bytes;
}

function nested(make: Maker, open: string, close: string): string {
  const depth = 33 + make.below(2_000);
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

const withNumber = (make: Maker, number: string): string => withMember(make, `"a${make.below(100)}":${number}`);

const KINDS: Readonly<Record<string, Kind>> = {
  'empty body': () => ({ body: '', codes: MALFORMED }),
  'only white space': (make) => ({ body: ' \n\t'.repeat(1 + make.below(20)), codes: MALFORMED }),
  'cut off JSON': (make) => ({ body: text(make).slice(0, 1 + make.below(text(make).length - 1)), codes: MALFORMED }),
  'random bytes': (make) => ({ body: randomBytes(make), codes: MALFORMED }),
  'invalid UTF-8 in a text': (make) => ({ body: Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28, make.below(256)]), Buffer.from('"}')]), codes: MALFORMED }),
  'UTF-16': (make) => ({ body: Buffer.from(text(make), 'utf16le'), codes: MALFORMED }),
  'byte order mark': (make) => ({ body: `\ufeff${text(make)}`, codes: MALFORMED }),
  'NaN or Infinity': (make) => ({ body: withNumber(make, pick(make, ['NaN', 'Infinity', '-Infinity', 'nan'])), codes: MALFORMED }),
  'number that overflows': (make) => ({ body: withNumber(make, pick(make, ['1e999', '-1e309', `1${'0'.repeat(400)}`, '9E+9999'])), codes: MALFORMED }),
  'JavaScript, not JSON': (make) => ({ body: pick(make, ["{'a':1}", '{a:1}', '{"a":1,}', '/* c */ {}', '{"a":0x10}', '{"a":01}', '[1,]']), codes: MALFORMED }),
  'two values': (make) => ({ body: `${text(make)}${pick(make, ['', ' ', '\n'])}${text(make)}`, codes: MALFORMED }),
  'control character in a text': (make) => ({ body: `{"a":"${String.fromCharCode(make.below(32))}"}`, codes: MALFORMED }),
  'prototype key': (make) => ({ body: withMember(make, `"${pick(make, ['__proto__', 'constructor', 'prototype', '\\u005f_proto__'])}":{"isAdmin":true}`), codes: MALFORMED }),
  'prototype key, deep': (make) => ({ body: withMember(make, `"a":[{"b":{"${pick(make, ['__proto__', 'constructor'])}":1}}]`), codes: MALFORMED }),
  'lists nested too deep': (make) => ({ body: nested(make, '[', ']'), codes: MALFORMED }),
  'objects nested too deep': (make) => ({ body: nested(make, '{"a":', '}'), codes: MALFORMED }),
  'not an object': (make) => ({ body: pick(make, ['null', 'true', '0', '"text"', '[]', '[{}]', '-0.0']), codes: INVALID }),
  'unknown field': (make) => ({ body: withMember(make, `"unknown${make.below(1_000)}":${make.below(9)}`), codes: INVALID }),
  'missing fields': () => ({ body: '{}', codes: INVALID }),
  'field of another type': (make) => {
    const key = pick(make, Object.keys(make.good));
    return { body: JSON.stringify({ ...make.good, [key]: wrongType(make.good[key]) }), codes: INVALID };
  },
  'field that is null': (make) => ({ body: JSON.stringify({ ...make.good, [pick(make, Object.keys(make.good))]: null }), codes: INVALID }),
  'content of another type': (make) => ({ body: text(make), headers: { 'Content-Type': pick(make, ['text/xml', 'application/x-protobuf', 'multipart/form-data', '?']) }, codes: ['UNSUPPORTED_CONTENT'] }),
  'raw bytes where none are taken': (make) => ({ body: randomBytes(make), headers: { 'Content-Type': 'application/octet-stream' }, codes: ['UNSUPPORTED_CONTENT', ...EITHER] }),
  'reserved header': (make) => ({ body: text(make), headers: { [pick(make, ['Nats-Service-Error', 'nats-msg-id', 'NATS-Foo', 'Nats-Expected-Stream'])]: 'x' }, codes: INVALID }),
  'deadline that is no number': (make) => ({ body: text(make), headers: { 'Salus-Deadline-Ms': pick(make, ['soon', '-1', 'NaN', '1e9', '99999999999']) }, codes: INVALID }),
  'idempotency key too long': (make) => ({ body: text(make), headers: { 'Salus-Idempotency-Key': 'k'.repeat(129 + make.below(100)) }, codes: INVALID }),
  'envelope with a bad request': (make) => ({ body: JSON.stringify({ pattern: make.subject, id: String(make.below(1_000)), data: pick<unknown>(make, [null, 7, {}, []]) }), codes: INVALID }),
};

/** Bodies as long as a message may be: refused for their size where the operation takes less, else for what they hold. */
const LONGEST: readonly Kind[] = [
  ({ maxPayload }) => ({ body: Buffer.alloc(maxPayload, '['), codes: ['TOO_LARGE', ...EITHER] }),
  ({ maxPayload }) => ({ body: Buffer.alloc(maxPayload, ' '), codes: ['TOO_LARGE', ...EITHER] }),
  ({ maxPayload }) => ({ body: Buffer.alloc(maxPayload, 0xff), codes: ['TOO_LARGE', ...EITHER] }),
  ({ maxPayload }) => ({ body: Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(maxPayload - 8, 'a'), Buffer.from('"}')]), codes: ['TOO_LARGE', ...EITHER] }),
];

/** Names of all kinds that {@link hostileBodies} makes. */
export const HOSTILE_KINDS: readonly string[] = [...Object.keys(KINDS), 'exactly the largest message'];

/** The bodies, one at a time; every kind comes up in turn, and the longest are spread evenly. */
export function* hostileBodies(options: HostileOptions): Generator<HostileBody> {
  const { seed, count, good, subject, maxPayload, longest = 0 } = options;
  const make: Maker = { good, subject, maxPayload, below: randomBelow(seed) };
  const kinds = Object.entries(KINDS);
  const every = longest > 0 ? Math.floor(count / longest) : Infinity;
  for (let at = 0; at < count; at++) {
    const isLongest = at % every === 0 && at / every < longest;
    const [kind, maker] = isLongest ? ['exactly the largest message', pick(make, LONGEST)] as const : kinds[at % kinds.length];
    const made = maker(make);
    yield { ...made, kind, body: typeof made.body === 'string' ? Buffer.from(made.body, 'utf8') : made.body };
  }
}
