/**
 * JSON as it may come from anybody. Beside what JSON.parse refuses, this refuses what JSON.parse lets through and what would
 * do harm later: bytes that are not UTF-8, numbers that overflow to Infinity (they would turn into null in the next
 * JSON text), keys that reach a prototype, and nesting deeper than any schema of ours.
 * Limits: of two equal keys the last one counts, as in JSON.parse.
 */
import { Fault } from '@salus/fault';

export const MAX_DEPTH = 32;
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function refuse(message: string, details: Record<string, unknown> = {}): never {
  throw new Fault('MALFORMED_REQUEST', message, details);
}

function check(value: unknown, depth: number): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) refuse('the body holds a number outside the range of a 64-bit float', { expected: 'a finite number', received: 'a number that overflows' });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DEPTH) refuse(`the body is nested deeper than ${MAX_DEPTH} levels`, { expected: `at most ${MAX_DEPTH} levels` });
  if (Array.isArray(value)) {
    for (const item of value) check(item, depth + 1);
    return;
  }
  for (const key of Object.keys(value)) {
    if (FORBIDDEN_KEYS.has(key)) refuse(`the body holds the forbidden key ${key}`, { key });
    check((value as Record<string, unknown>)[key], depth + 1);
  }
}

/**
 * The value that a body of JSON text stands for.
 * @param body UTF-8 bytes
 * @throws Fault MALFORMED_REQUEST; its text never quotes the body
 */
export function parseStrictJson(body: Uint8Array): unknown {
  if (body.length === 0) refuse('the body is empty', { expected: 'JSON', received: '0 bytes' });
  let text: string;
  try {
    text = decoder.decode(body);
  } catch {
    refuse('the body is not valid UTF-8', { expected: 'UTF-8', bytes: body.length });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    refuse('the body is not valid JSON', { expected: 'JSON (no NaN, no Infinity, no comments)', bytes: body.length });
  }
  check(value, 0);
  return value;
}

/**
 * JSON text of a message. A NaN or an infinity would silently become null, so text that holds a null is looked through.
 * @param what what is written; a request that cannot be is the caller's mistake, a reply or event that cannot be is ours
 * @throws Fault INVALID_REQUEST for a request, else INTERNAL, when the value has no faithful JSON text
 */
export function encodeJson(value: unknown, what: 'request' | 'reply' | 'event'): string {
  const unfit = (problem: string): Fault => new Fault(what === 'request' ? 'INVALID_REQUEST' : 'INTERNAL', `the ${what} ${problem}`);
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw unfit('is nothing that JSON can hold');
  if (text.includes('null') && losesNumber(value)) throw unfit('holds a number that is not finite');
  return text;
}

function losesNumber(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return false;
  return (Array.isArray(value) ? value : Object.values(value)).some(losesNumber);
}
