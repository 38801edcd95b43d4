/**
 * Reads what `salus predict` is given: JSON on the command line, `@file`, or `-` for standard input; one row as an object,
 * rows as an array, or the whole request. The text is checked here, so that a mistake is told with its place and nothing
 * is sent. At most as much is read as the operation takes.
 */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { RequestInputOf } from '@salus/contracts';
import { predict } from '@salus/contracts/prediction/predict';
import { Fault } from '@salus/fault';
import { parseStrictJson, validate } from '@salus/messaging';
import { checkArgument, wrongArgument } from '../client/wrong-argument';
import { findJsonFault } from './json-fault';

const LIMIT = predict.maxRequestBytes;
type PredictionRequest = RequestInputOf<typeof predict>;

/** What the options add to a request. */
export interface PredictionOptions {
  /** Level of the interval; it wins over the one in the request. */
  readonly level?: number;
  /** false: no explanation. Else the request decides, and explains when it says nothing. */
  readonly explain: boolean;
}

/**
 * The request that the body stands for.
 * @param body JSON, `@path` or `-`
 * @throws Fault MALFORMED_REQUEST with line and column, INVALID_REQUEST, NOT_FOUND or TOO_LARGE, each a wrong argument
 */
export async function readPredictionRequest(body: string, stdin: Readable, options: PredictionOptions): Promise<PredictionRequest> {
  const value = parse(await readBody(body, stdin));
  const request = asRequest(value);
  const level = options.level ?? request.level;
  const whole = { ...request, ...(level === undefined ? {} : { level }), explain: options.explain && (request.explain ?? true) };
  return checkArgument(() => validate(predict.request, whole, 'request'));
}

async function readBody(body: string, stdin: Readable): Promise<Buffer> {
  if (body === '-') return readAll(stdin, 'standard input');
  if (!body.startsWith('@')) return Buffer.from(body, 'utf8');
  const path = body.slice(1);
  return readAll(createReadStream(path), path);
}

async function readAll(stream: Readable, name: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of stream as AsyncIterable<Buffer | string>) {
      const buffer = Buffer.from(piece as string);
      bytes += buffer.length;
      if (bytes > LIMIT) throw wrongArgument('TOO_LARGE', `${name} has more than the ${LIMIT} bytes that one request takes`, { limit: LIMIT });
      pieces.push(buffer);
    }
  } catch (error) {
    if (Fault.is(error)) throw error;
    throw wrongArgument('NOT_FOUND', `${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`, { path: name });
  }
  return Buffer.concat(pieces);
}

function parse(bytes: Buffer): unknown {
  const place = findJsonFault(bytes.toString('utf8'));
  if (!place) return checkArgument(() => parseStrictJson(bytes));
  const { line, column, expected } = place;
  throw wrongArgument('MALFORMED_REQUEST', `the request is not JSON at line ${line}, column ${column}: expected ${expected}`, { ...place });
}

/** An object whose `rows` is an array is a whole request; features are never arrays. */
function asRequest(value: unknown): Partial<PredictionRequest> & Record<string, unknown> {
  if (Array.isArray(value)) return { rows: value as PredictionRequest['rows'] };
  if (typeof value !== 'object' || value === null) {
    const received = value === null ? 'null' : typeof value;
    const expected = 'an object of features, or an array of such';
    throw wrongArgument('INVALID_REQUEST', `a row is ${expected}; received ${received}`, { expected, received });
  }
  const record = value as Record<string, unknown>;
  return Array.isArray(record.rows) ? record : { rows: [record] as PredictionRequest['rows'] };
}
