/**
 * Finds where a text stops being JSON (RFC 8259). JSON.parse does not always say where, and its message quotes the text,
 * which may be patient data. Linear in the text; nesting is bounded, so that no text exhausts the stack.
 */

/** Deeper than anything the platform takes. */
const MAX_DEPTH = 256;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null/y;
const BLANK = /[ \t\n\r]*/y;

/** The first place that is not JSON. */
export interface JsonFault {
  /** 0-based offset in the text, in UTF-16 units. */
  readonly offset: number;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units. */
  readonly column: number;
  readonly expected: string;
}

class Refusal extends Error {
  constructor(
    readonly offset: number,
    readonly expected: string,
  ) {
    super(expected);
  }
}

/** Where a text stops being JSON and what would go on; undefined when it is JSON (nested at most 256 deep). */
export function findJsonFault(text: string): JsonFault | undefined {
  try {
    const end = skip(text, value(text, skip(text, 0), 0));
    if (end < text.length) throw new Refusal(end, 'the end of the text');
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const before = text.slice(0, error.offset).split('\n');
    return { offset: error.offset, line: before.length, column: before[before.length - 1].length + 1, expected: error.expected };
  }
}

/** Offset after the value that begins at `at`. */
function value(text: string, at: number, depth: number): number {
  if (depth > MAX_DEPTH) throw new Refusal(at, `nesting of at most ${MAX_DEPTH} levels`);
  const first = text[at];
  if (first === '{') return members(text, { at: at + 1, depth, close: '}', item: member });
  if (first === '[') return members(text, { at: at + 1, depth, close: ']', item: value });
  if (first === '"') return string(text, at);
  const end = match(NUMBER, text, at) ?? match(WORD, text, at);
  if (end === undefined) throw new Refusal(at, 'a value');
  return end;
}

interface Group {
  readonly at: number;
  readonly depth: number;
  readonly close: string;
  readonly item: (text: string, at: number, depth: number) => number;
}

/** The items of an object or an array, with commas between, up to the closing bracket. */
function members(text: string, { at, depth, close, item }: Group): number {
  let next = skip(text, at);
  if (text[next] === close) return next + 1;
  for (;;) {
    next = skip(text, item(text, next, depth + 1));
    if (text[next] === close) return next + 1;
    if (text[next] !== ',') throw new Refusal(next, `"," or "${close}"`);
    next = skip(text, next + 1);
  }
}

function member(text: string, at: number, depth: number): number {
  if (text[at] !== '"') throw new Refusal(at, 'a name in double quotes');
  const colon = skip(text, string(text, at));
  if (text[colon] !== ':') throw new Refusal(colon, '":"');
  return value(text, skip(text, colon + 1), depth);
}

function string(text: string, at: number): number {
  const end = match(STRING, text, at);
  if (end === undefined) throw new Refusal(at, 'a string: double quotes at both ends, no line break inside');
  return end;
}

const skip = (text: string, at: number): number => match(BLANK, text, at) ?? at;

/** Offset after what the pattern matches exactly at `at`. */
function match(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
