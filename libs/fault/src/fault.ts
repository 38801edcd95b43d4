import { FAULT_CODES, type FaultCode } from './codes';

/** Facts beside the text of a fault; JSON values only and never patient data. */
export type FaultDetails = Readonly<Record<string, unknown>>;

/**
 * The one error class. Its text says what failed, which argument, what was expected and what was received.
 *
 * @param code a code of {@link FAULT_CODES}; clients branch on it
 * @param message one sentence for a person; not API
 * @param details facts a program can use, such as `{ field, expected, received }`
 * @param cause the error underneath, for the log only; it never reaches the wire
 */
export class Fault extends Error {
  override readonly name = 'Fault';

  // eslint-disable-next-line max-params -- code, text and details are the error; the cause is what every Error takes last
  constructor(
    readonly code: FaultCode,
    message: string,
    readonly details: FaultDetails = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }

  /** Whether the same request may succeed later without being changed. */
  get retryable(): boolean {
    return FAULT_CODES[this.code].retryable;
  }

  /** Recognises a fault also when it comes from another copy of this package. */
  static is(value: unknown): value is Fault {
    return value instanceof Error && value.name === 'Fault' && isFaultCode((value as Fault).code);
  }

  /** The value itself when it is a fault, else an INTERNAL fault that hides it and keeps it as cause. */
  static from(value: unknown): Fault {
    return Fault.is(value) ? value : new Fault('INTERNAL', 'an unexpected error; the log of the service has it under the correlation id', {}, value);
  }
}

/** Whether a text is one of the codes. */
export function isFaultCode(value: unknown): value is FaultCode {
  return typeof value === 'string' && Object.hasOwn(FAULT_CODES, value);
}
