/**
 * The one table of error codes. A code is API and never changes its meaning; the text of a fault is not.
 * `retryable` says whether the same request may succeed later without being changed.
 */
export interface FaultCodeEntry {
  readonly summary: string;
  readonly retryable: boolean;
}

export const FAULT_CODES = {
  MALFORMED_REQUEST: { summary: 'The body is not what its Content-Type says: not JSON, empty, too deep, or holding a forbidden key.', retryable: false },
  INVALID_REQUEST: { summary: 'The body is readable and does not fit the schema of the operation.', retryable: false },
  UNSUPPORTED_CONTENT: { summary: 'The operation takes no body of this Content-Type.', retryable: false },
  TOO_LARGE: { summary: 'The body, file or table is larger than the stated limit.', retryable: false },
  REPLY_TOO_LARGE: { summary: 'The answer would not fit into one message; ask for less.', retryable: false },
  UNKNOWN_OPERATION: { summary: 'The service has no such operation.', retryable: false },
  UNKNOWN_MODEL: { summary: 'No such model is known or promoted here.', retryable: false },
  NOT_FOUND: { summary: 'The thing that was named does not exist.', retryable: false },
  CONFLICT: { summary: 'The request contradicts what is stored, such as an idempotency key used for something else.', retryable: false },
  FORBIDDEN: { summary: 'The caller may not do this.', retryable: false },
  OVERLOADED: { summary: 'More requests are under way than the endpoint takes; try again after details.retryAfterMs.', retryable: true },
  DEADLINE_EXCEEDED: { summary: 'The time that the caller gave was over before the work was done.', retryable: true },
  UNAVAILABLE: { summary: 'Nobody answered, or a part that is needed cannot be reached now.', retryable: true },
  CANCELLED: { summary: 'The work was cancelled.', retryable: false },
  INVALID_MANIFEST: { summary: 'A model manifest does not fit its schema or contradicts itself.', retryable: false },
  INVALID_DATA: { summary: 'The data does not fit the manifest; details hold the report.', retryable: false },
  INVALID_PARAMETERS: { summary: 'The parameters of a learner, transform or metric are outside their stated range.', retryable: false },
  SHAPE_MISMATCH: { summary: 'Arrays or tables do not have the shape that was expected.', retryable: false },
  NOT_FINITE: { summary: 'A number is NaN or infinite where a finite one is needed.', retryable: false },
  COLLINEAR: { summary: 'Columns are linearly dependent, so that the fit has no single answer.', retryable: false },
  NOT_FITTED: { summary: 'A learner or pipeline was used before it was fitted.', retryable: false },
  TOO_FEW_ROWS: { summary: 'There are too few rows for what was asked.', retryable: false },
  INTEGRITY: { summary: 'Stored bytes do not match their digest.', retryable: false },
  LEASE_LOST: { summary: 'The job was taken over by another worker; this late write was refused.', retryable: false },
  CONFIGURATION: { summary: 'The configuration or the environment is not usable.', retryable: false },
  INTERNAL: { summary: 'Something failed that is not the fault of the request; the log has the correlation id.', retryable: true },
} as const satisfies Record<string, FaultCodeEntry>;

export type FaultCode = keyof typeof FAULT_CODES;
