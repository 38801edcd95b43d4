/**
 * What happens after an attempt that gave no result. A fault that the same request will meet again (not retryable) ends the job at
 * once; anything else, a crash among it, is tried again after a pause that doubles, until the tries are used up.
 */
import { FAULT_CODES, Fault, type FaultCode, isFaultCode } from '@salus/fault';
import type { JobFailure, JobRecord } from './job-record';
import { storableText } from './storable';

const MAX_MESSAGE_LENGTH = 2_000;
const MAX_DETAILS_LENGTH = 32_768;
const LONGEST_RETRY_MS = 60_000;

/** What to do with a job now. */
export type Verdict = { readonly kind: 'retry'; readonly delayMs: number } | { readonly kind: 'fail' };

/**
 * @param record the job with the tries so far, this one included
 * @param code why the attempt failed
 * @param firstDelayMs pause after the first try, in milliseconds; it doubles with each further one, up to a minute
 */
export function verdictOn(record: Pick<JobRecord, 'tries' | 'maxAttempts'>, code: string, firstDelayMs: number): Verdict {
  const isRetryable = isFaultCode(code) ? FAULT_CODES[code].retryable : true;
  if (!isRetryable || record.tries >= record.maxAttempts) return { kind: 'fail' };
  return { kind: 'retry', delayMs: Math.min(firstDelayMs * 2 ** (record.tries - 1), LONGEST_RETRY_MS) };
}

/** A failure as it is stored: of a fault its code, text and details; of anything else nothing but INTERNAL. */
export function failureOf(error: unknown): JobFailure {
  const { code, message, details } = Fault.from(error);
  return storableFailure({ code, message, details: { ...details } });
}

/** A failure that the worker itself states. */
export function failureFor(code: FaultCode, message: string, details: Record<string, unknown> = {}): JobFailure {
  return { code, message, details };
}

/** Bounds and checks what came from another process. */
export function storableFailure({ code, message, details }: JobFailure): JobFailure {
  // By way of UTF-8, which turns half of a surrogate pair into U+FFFD.
  const text = Buffer.from(message.slice(0, MAX_MESSAGE_LENGTH)).toString().replaceAll('\u0000', '');
  try {
    const json = storableText(details, 'details');
    return { code, message: text, details: json.length <= MAX_DETAILS_LENGTH ? (JSON.parse(json) as JobFailure['details']) : { omitted: 'too long' } };
  } catch (error) {
    // Details that cannot be stored (a cycle, a big integer, U+0000) must not keep the failure itself from being stored.
    return { code, message: text, details: { omitted: Fault.is(error) ? error.message : 'not a JSON value' } };
  }
}
