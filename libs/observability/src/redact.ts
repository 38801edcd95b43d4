/**
 * What of an error may stand in a log. Values of a request turn up in unexpected places: PostgreSQL puts them into `detail`,
 * `where` and the message itself, TypeORM into `query` and `parameters`, JSON.parse quotes the body. So the rule is an
 * allow-list: the text of our own faults and of system errors, the text of a programming error with what it quotes removed,
 * and of anything else only its type, its code and its stack frames.
 */
import { Fault } from '@salus/fault';

const MAX_CAUSES = 4;
const MAX_FRAMES = 12;
const QUOTED = /"[^"]*"|'[^']*'|`[^`]*`/g;

/** An error as it stands in a log line. */
export interface LoggedError {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  /** Where it happened: stack frames, without the text that stands before them. */
  readonly at?: readonly string[];
  /** Of a database error: the names of what it is about. */
  readonly table?: string;
  readonly constraint?: string;
  readonly cause?: LoggedError;
}

type Loose = Readonly<Record<string, unknown>>;

const shortText = (value: unknown): string | undefined => (typeof value === 'string' && value.length <= 128 ? value : undefined);

function codeOf(error: Loose): string | undefined {
  return shortText(error.code) ?? (typeof error.code === 'number' ? String(error.code) : undefined);
}

/** Recognises what `pg` throws: a severity and a SQLSTATE of five characters. */
const isDatabaseError = (error: Loose): boolean => typeof error.severity === 'string' && /^[0-9A-Z]{5}$/.test(String(error.code));

function textOf(error: Error): string {
  if (Fault.is(error)) return error.message;
  if (isDatabaseError(error as unknown as Loose)) return 'database error (text withheld)';
  if (typeof (error as NodeJS.ErrnoException).syscall === 'string') return error.message;
  if (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError) return error.message.replace(QUOTED, '"…"');
  return 'text withheld';
}

function framesOf(error: Error): string[] | undefined {
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return frames.length > 0 ? frames.slice(0, MAX_FRAMES).map((line) => line.trim()) : undefined;
}

/**
 * An error without anything that a request could have put into it.
 * @param error whatever was thrown
 * @param depth how many causes were followed so far
 */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: error === null ? 'null' : typeof error, message: 'text withheld' };
  const loose = error as unknown as Loose;
  const inner = error.cause ?? loose.driverError;
  return {
    type: error.name,
    code: codeOf(loose),
    message: textOf(error),
    at: framesOf(error),
    table: isDatabaseError(loose) ? shortText(loose.table) : undefined,
    constraint: isDatabaseError(loose) ? shortText(loose.constraint) : undefined,
    cause: inner !== undefined && inner !== error && depth < MAX_CAUSES ? describeError(inner, depth + 1) : undefined,
  };
}
