/**
 * Checks a value against the schema of a contract. The fault names where and what was expected; what was received is told
 * by its type only, since it may be patient data.
 */
import { Fault } from '@salus/fault';
import type { z } from 'zod';

const MAX_ISSUES = 20;
const MAX_PATH_TEXT = 200;

/** One place that does not fit. */
export interface Issue {
  /** Such as `rows[0].age`; `$` is the whole body. */
  readonly path: string;
  readonly expected: string;
  /** A type name, never a value. */
  readonly received: string;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'array';
  return value instanceof Uint8Array ? 'bytes' : typeof value;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined), root);
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text === '' ? '$' : text.replace(/^\./, '').slice(0, MAX_PATH_TEXT);
}

/** What a zod issue expected, in words that hold nothing of the input. */
function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected;
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum} (${issue.origin})`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum} (${issue.origin})`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return issue.message;
    case 'custom':
      return issue.message;
    default:
      return issue.code.replace(/_/g, ' ');
  }
}

function issuesOf(error: z.ZodError, value: unknown): Issue[] {
  const issues = error.issues.slice(0, MAX_ISSUES).flatMap((issue): Issue[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.slice(0, MAX_ISSUES).map((key) => ({ path: pathText([...issue.path, key]), expected: 'no such field', received: typeOf(valueAt(value, [...issue.path, key])) }));
    return [{ path: pathText(issue.path), expected: expectedBy(issue), received: typeOf(valueAt(value, issue.path)) }];
  });
  return issues.slice(0, MAX_ISSUES);
}

/**
 * The value as the schema gives it back, with defaults filled in.
 * @param what what is checked, for the text: `request` or `reply`
 * @throws Fault INVALID_REQUEST with `details.issues`
 */
export function validate<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = issuesOf(parsed.error, value);
  const [first] = issues;
  throw new Fault('INVALID_REQUEST', `the ${what} does not fit: ${first.path} expected ${first.expected}, received ${first.received}`, { issues });
}
