/**
 * Turns what PostgreSQL, pg and TypeORM throw into a Fault. Their errors carry the statement and its parameters (and `detail`
 * quotes the offending values), so neither their text nor the error itself goes on: the cause of the fault is a new error that
 * holds SQLSTATE, the names of constraint and table, and the stack frames only.
 * SQLSTATE classes: https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
import { types } from 'node:util';
import { Fault, type FaultCode } from '@salus/fault';

interface DriverError extends Error {
  readonly code?: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly severity?: string;
}

/** Node's codes for a connection that could not be made or was lost. */
const NETWORK_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT']);
/** What pg and TypeORM say, without a code, when the connection went away under a statement. */
const LOST_CONNECTION = /connection terminated|not queryable|timeout exceeded when trying to connect|client was closed|connection timeout|timeout expired|after calling end on the pool/i;
const LOST_CONNECTION_NAMES = new Set(['QueryRunnerAlreadyReleasedError', 'TransactionNotStartedError']);

const BY_SQLSTATE: readonly (readonly [RegExp, FaultCode, string])[] = [
  [/^23505$/, 'CONFLICT', 'an entry with the same unique key is stored already'],
  [/^(08...|57P0[1-5]|25P0[34]|53...)$/, 'UNAVAILABLE', 'the database cannot be reached or has no room now'],
  [/^(40001|40P01|55P03|57014)$/, 'UNAVAILABLE', 'the database gave up this transaction in favour of another; try again'],
  [/^(28...|3D000)$/, 'CONFIGURATION', 'the database refused user, password or database name; check the database URL'],
  [/^(22021|22P05)$/, 'INVALID_REQUEST', 'a text holds a character that the database cannot store, such as U+0000'],
];

/** The driver's error below TypeORM's wrapper, else the error itself. */
function driverErrorOf(error: Error): DriverError {
  const inner: unknown = 'driverError' in error ? error.driverError : undefined;
  return types.isNativeError(inner) ? inner : error;
}

function isLostConnection(error: DriverError): boolean {
  return NETWORK_CODES.has(error.code ?? '') || LOST_CONNECTION_NAMES.has(error.name) || LOST_CONNECTION.test(error.message);
}

const hasSqlState = (error: DriverError): boolean => typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) && error.severity !== undefined;

/** Whether an error came from PostgreSQL, pg or TypeORM, and not from the work done in between. */
export function isDatabaseError(error: unknown): boolean {
  if (!types.isNativeError(error) || Fault.is(error)) return false;
  return 'driverError' in error || hasSqlState(error) || LOST_CONNECTION_NAMES.has(error.name) || LOST_CONNECTION.test(error.message);
}

function redacted(error: Error): Error {
  const { code = 'none', name } = driverErrorOf(error);
  const safe = Object.assign(new Error(`${name}, code ${code}`), { code });
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  safe.stack = [safe.message, ...frames].join('\n');
  return safe;
}

/**
 * The fault for an error that a database call threw: UNAVAILABLE (no connection, too many connections, deadlock, shutdown),
 * CONFLICT (unique key), CONFIGURATION (login), INVALID_REQUEST (text that cannot be stored), else INTERNAL.
 *
 * @param error anything thrown; a Fault is returned as it is
 * @returns a fault without statement, parameters or values in message, details and cause
 */
export function databaseFault(error: unknown): Fault {
  if (Fault.is(error)) return error;
  if (!types.isNativeError(error)) return new Fault('INTERNAL', 'the database call threw something that is not an error');
  const driverError = driverErrorOf(error);
  if (isLostConnection(driverError)) {
    return new Fault('UNAVAILABLE', 'the database cannot be reached', { reason: driverError.code ?? 'connection lost' }, redacted(error));
  }
  const sqlState = hasSqlState(driverError) ? driverError.code : undefined;
  const { constraint, table } = driverError;
  const details = { ...(sqlState && { sqlState }), ...(table && { table }), ...(constraint && { constraint }) };
  const known = BY_SQLSTATE.find(([pattern]) => sqlState !== undefined && pattern.test(sqlState));
  if (known) return new Fault(known[1], known[2], details, redacted(error));
  return new Fault('INTERNAL', 'a database statement failed; the log has SQLSTATE and stack', details, redacted(error));
}
