/**
 * W3C Trace Context (https://www.w3.org/TR/trace-context/, version 00): reading, making and carrying `traceparent`.
 * The current trace travels in an AsyncLocalStorage, so that log lines and outgoing messages find it without a parameter.
 * `tracestate` is not carried.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const POOL_BYTES = 4096;

let pool = Buffer.alloc(0);
let used = 0;

/** Random hexadecimal text from a pool, since one call into the system for each id would cost more than the rest of a trace. */
function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    pool = randomFillSync(Buffer.allocUnsafe(POOL_BYTES));
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

/** One span of a trace: 16 bytes of trace id, 8 bytes of span id (both hexadecimal) and whether it is sampled. */
export class Trace {
  constructor(
    readonly traceId: string,
    readonly spanId: string,
    readonly sampled: boolean,
  ) {}

  /** A trace that starts here. */
  static start(): Trace {
    return new Trace(randomHex(16), randomHex(8), true);
  }

  /** The trace that a `traceparent` header names, or undefined when the header is absent or not valid. */
  static parse(traceparent: string | undefined): Trace | undefined {
    const match = traceparent ? TRACEPARENT.exec(traceparent) : null;
    if (!match) return undefined;
    const [, version, traceId, spanId, flags, rest] = match;
    const isValid = version !== 'ff' && (version !== '00' || rest === undefined) && /[^0]/.test(traceId) && /[^0]/.test(spanId);
    return isValid ? new Trace(traceId, spanId, (Number.parseInt(flags, 16) & 1) === 1) : undefined;
  }

  /** The next span of this trace: what goes out with a message. */
  child(): Trace {
    return new Trace(this.traceId, randomHex(8), this.sampled);
  }

  /** The `traceparent` header of this span. */
  toString(): string {
    return `00-${this.traceId}-${this.spanId}-${this.sampled ? '01' : '00'}`;
  }
}

/** A place for a trace that is made only when somebody asks for it. */
export interface TraceHolder {
  readonly trace: Trace;
}

const storage = new AsyncLocalStorage<TraceHolder>();

/** The trace of the work under way, or undefined outside of any. */
export function currentTrace(): Trace | undefined {
  return storage.getStore()?.trace;
}

/**
 * Runs work with a trace that {@link currentTrace} finds, also after an await.
 * @param holder a trace, or an object whose `trace` is made on first use
 */
export function runWithTrace<Result>(holder: Trace | TraceHolder, work: () => Result): Result {
  return storage.run(holder instanceof Trace ? { trace: holder } : holder, work);
}
