/**
 * Repeats a request while the platform is away or busy: a service that restarts, NATS that reconnects, an endpoint that is
 * full. Only for requests that may be sent twice (idempotent ones, or those under an idempotency key). Patience counts
 * from the first failure of this request, so a flow of many requests survives many outages that are short enough each.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, type FaultCode } from '@salus/fault';

/** How long a flow waits for a platform that does not answer, in milliseconds, unless told otherwise. */
export const DEFAULT_PATIENCE_MS = 120_000;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3_000;
const PASSING: readonly FaultCode[] = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'OVERLOADED'];

export interface Patience {
  /** How long after the first failure the request is tried again, in milliseconds; 0 tries once. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
  /** Called before each pause with what went wrong. */
  readonly onWait?: (fault: Fault) => void;
}

/** Pause before attempt n + 1 (n = 0, 1, 2 …), in milliseconds; a hint of the service wins when it asks for more. */
export function pauseMs(attempt: number, fault: Fault): number {
  const own = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 16));
  const hint = fault.details.retryAfterMs;
  return typeof hint === 'number' && Number.isFinite(hint) ? Math.min(Math.max(own, hint), 10 * LONGEST_PAUSE_MS) : own;
}

/**
 * The value of `work`, tried again while the fault is a passing one and patience lasts.
 * @throws Fault the last one; CANCELLED when the signal ends the wait
 */
export async function patiently<T>(work: () => Promise<T>, { patienceMs = DEFAULT_PATIENCE_MS, signal, onWait }: Patience = {}): Promise<T> {
  let failingSince: number | undefined;
  for (let attempt = 0; ; attempt += 1) {
    throwIfEnded(signal);
    try {
      return await work();
    } catch (error) {
      throwIfEnded(signal);
      if (!Fault.is(error) || !PASSING.includes(error.code)) throw error;
      failingSince ??= performance.now();
      const pause = pauseMs(attempt, error);
      if (performance.now() - failingSince + pause > patienceMs) throw error;
      onWait?.(error);
      await pauseFor(pause, signal);
    }
  }
}

/** Waits; @throws Fault CANCELLED when the signal ends it */
export async function pauseFor(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    throw signal?.aborted ? interrupted() : error;
  }
}

/** @throws Fault CANCELLED when the signal has fired */
export function throwIfEnded(signal?: AbortSignal): void {
  if (signal?.aborted) throw interrupted();
}

const interrupted = (): Fault => new Fault('CANCELLED', 'the wait was interrupted; what the platform has begun goes on there');
