/**
 * How a fault looks on the wire: the headers of NATS ADR-32 and a JSON body. This is the only place that knows numbers of
 * status; domain code knows codes. The log has the cause under the correlation id, the wire never has.
 */
import { Fault, isFaultCode, type FaultCode } from '@salus/fault';
import { headers as natsHeaders, type MsgHdrs } from '@nats-io/transport-node';

export const ERROR_HEADER = 'Nats-Service-Error';
export const ERROR_CODE_HEADER = 'Nats-Service-Error-Code';

/** Number in `Nats-Service-Error-Code` for each fault code. */
export const STATUS_OF: Readonly<Record<FaultCode, number>> = {
  MALFORMED_REQUEST: 400,
  INVALID_REQUEST: 422,
  UNSUPPORTED_CONTENT: 415,
  TOO_LARGE: 413,
  REPLY_TOO_LARGE: 413,
  UNKNOWN_OPERATION: 404,
  UNKNOWN_MODEL: 404,
  NOT_FOUND: 404,
  CONFLICT: 409,
  FORBIDDEN: 403,
  OVERLOADED: 429,
  DEADLINE_EXCEEDED: 504,
  UNAVAILABLE: 503,
  CANCELLED: 499,
  INVALID_MANIFEST: 422,
  INVALID_DATA: 422,
  INVALID_PARAMETERS: 422,
  SHAPE_MISMATCH: 422,
  NOT_FINITE: 422,
  COLLINEAR: 422,
  NOT_FITTED: 409,
  TOO_FEW_ROWS: 422,
  INTEGRITY: 500,
  LEASE_LOST: 409,
  CONFIGURATION: 500,
  INTERNAL: 500,
};

/** The `error` member of a reply that refuses. */
export interface WireError {
  readonly code: FaultCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryable: boolean;
  readonly correlationId: string;
}

const MAX_HEADER_TEXT = 256;
/** Header values are one line of printable ASCII; everything else becomes a space. */
const oneLine = (text: string): string => text.replace(/[^\x20-\x7e]+/g, ' ').trim().slice(0, MAX_HEADER_TEXT) || 'error';

/** The `error` member for a fault. */
export function wireErrorOf(fault: Fault, correlationId: string): WireError {
  return { code: fault.code, message: fault.message, details: fault.details, retryable: fault.retryable, correlationId };
}

/** Room that the headers of a refusal take in its message, in bytes. */
const HEADER_BYTES = 1_024;

/**
 * The body of a reply that refuses. Details that have no JSON text, or that leave the message no room, stay behind: a refusal always leaves.
 * @param options `nestId` when Nest's client asked, `maxBytes` that a message takes
 */
export function refusalText(wire: WireError, { nestId, maxBytes }: { readonly nestId?: string; readonly maxBytes: number }): string {
  const textOf = (error: WireError): string => JSON.stringify(nestId === undefined ? { error } : { id: nestId, err: error, isDisposed: true });
  const without = (reason: string): string => textOf({ ...wire, details: { omitted: reason } });
  try {
    const text = textOf(wire);
    return Buffer.byteLength(text) + HEADER_BYTES <= maxBytes ? text : without('too long for a message');
  } catch {
    return without('no JSON value');
  }
}

/** The two headers of a reply that refuses. */
export function errorHeaders(fault: Fault): MsgHdrs {
  const headers = natsHeaders();
  headers.set(ERROR_HEADER, oneLine(fault.message));
  headers.set(ERROR_CODE_HEADER, String(STATUS_OF[fault.code]));
  return headers;
}

/**
 * The fault in the body of a reply that refuses; its details carry the correlation id too.
 * @param body the bytes of the reply
 * @param headerText text of `Nats-Service-Error`, used when the body is not ours
 */
export function faultOfReply(body: Uint8Array, headerText: string): Fault {
  try {
    const error = (JSON.parse(Buffer.from(body).toString('utf8')) as { error?: Partial<WireError> }).error;
    if (error && isFaultCode(error.code)) return new Fault(error.code, String(error.message), { ...error.details, correlationId: error.correlationId });
  } catch (cause) {
    return new Fault('INTERNAL', `the service refused without a readable body: ${headerText}`, {}, cause);
  }
  return new Fault('INTERNAL', `the service refused with an unknown code: ${headerText}`);
}
