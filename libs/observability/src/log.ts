/**
 * The structured log: one JSON line per event on standard output (pino). A field is written only when its name is on the
 * list below and its value is a scalar, so that no request body can reach a log, whatever a caller passes. Message texts
 * are written by programmers and hold no data.
 */
import pino, { type DestinationStream } from 'pino';
import { describeError } from './redact';
import { currentTrace } from './trace';

/** Names of the fields that a log line may carry beside its message. */
export const LOG_FIELDS = [
  'account', 'attempt', 'attempts', 'bucket', 'bytes', 'caller', 'code', 'component', 'correlationId', 'count', 'dataset', 'delayMs', 'digest',
  'durationMs', 'event', 'exitCode', 'host', 'inFlight', 'instance', 'job', 'jobId', 'kind', 'limit', 'migration', 'model', 'operation', 'percent',
  'phase', 'pid', 'port', 'reason', 'revision', 'rows', 'schema', 'server', 'service', 'signal', 'state', 'step', 'subject', 'table', 'traceId',
  'version', 'waited', 'waitedMs', 'worker',
] as const;

type Scalar = string | number | boolean | null | undefined;
/** Fields of a log line: scalars under the names of {@link LOG_FIELDS}, and `error`, which is written without request data. */
export type LogFields = { readonly [Name in (typeof LOG_FIELDS)[number]]?: Scalar } & { readonly error?: unknown };
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Where the platform writes what happens. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose every line carries these fields too. */
  child(fields: LogFields): Log;
}

export interface LogOptions {
  /** Name of the service or program; stands in every line. */
  readonly service: string;
  readonly level?: LogLevel;
  /** Where lines go; standard output when left out. */
  readonly destination?: DestinationStream;
}

const MAX_TEXT = 512;
const allowed: ReadonlySet<string> = new Set(LOG_FIELDS);

function allowedFields(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  let dropped = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'error') kept.error = value === undefined ? undefined : describeError(value);
    else if (!allowed.has(name) || (typeof value === 'object' && value !== null)) dropped += 1;
    else kept[name] = typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  }
  if (dropped > 0) kept.droppedFields = dropped;
  return kept;
}

function wrap(logger: pino.Logger): Log {
  return {
    debug: (message, fields) => (fields ? logger.debug(allowedFields(fields), message) : logger.debug(message)),
    info: (message, fields) => (fields ? logger.info(allowedFields(fields), message) : logger.info(message)),
    warn: (message, fields) => (fields ? logger.warn(allowedFields(fields), message) : logger.warn(message)),
    error: (message, fields) => (fields ? logger.error(allowedFields(fields), message) : logger.error(message)),
    child: (fields) => wrap(logger.child(allowedFields(fields))),
  };
}

/** Makes the log of a program; lines carry `traceId` while a trace is under way. */
export function createLog(options: LogOptions): Log {
  const settings: pino.LoggerOptions = {
    level: options.level ?? 'info',
    base: { service: options.service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => {
      const trace = currentTrace();
      return trace ? { traceId: trace.traceId } : {};
    },
  };
  return wrap(options.destination ? pino(settings, options.destination) : pino(settings));
}
