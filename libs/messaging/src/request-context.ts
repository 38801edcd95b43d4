/**
 * What a handler knows of a request beside its body. Deadline, abort signal, trace and correlation id are made when
 * somebody asks for them: most requests end before anybody does.
 */
import { randomUUID } from 'node:crypto';
import { Trace, type TraceHolder } from '@salus/observability';
import type { MsgHdrs } from '@nats-io/transport-node';
import type { Caller } from './caller';

export const DEADLINE_HEADER = 'Salus-Deadline-Ms';
export const IDEMPOTENCY_HEADER = 'Salus-Idempotency-Key';
export const TRACE_HEADER = 'traceparent';

/** Second argument of every operation handler. */
export interface RequestContext {
  readonly caller: Caller;
  /** Last token of the subject, for an operation that ends in `{model}`. */
  readonly model?: string;
  readonly subject: string;
  /** Milliseconds that the caller still waits; undefined when it gave no deadline. Never below 0. */
  readonly deadline: number | undefined;
  /** Aborted when the deadline passes. */
  readonly signal: AbortSignal;
  /** Aborted when the service begins to stop: what only waits for news should answer now. */
  readonly stopping: AbortSignal;
  readonly idempotencyKey?: string;
  /** The trace of this request, as a W3C header. */
  readonly traceparent: string;
  /** First value of each header. */
  readonly headers: ReadonlyMap<string, string>;
  /** Names this request in the log and in a reply that refuses. */
  readonly correlationId: string;
}

/** What the dispatcher knows when it makes a context. */
export interface Arrival {
  readonly subject: string;
  readonly headers?: MsgHdrs;
  readonly caller: Caller;
  readonly model?: string;
  /** On the clock of performance.now(), in milliseconds; undefined without a deadline. */
  readonly expiresAt?: number;
  readonly idempotencyKey?: string;
  readonly stopping: AbortSignal;
}

/** A request under way. */
export class Request implements RequestContext, TraceHolder {
  readonly subject: string;
  readonly caller: Caller;
  readonly model?: string;
  readonly idempotencyKey?: string;
  readonly expiresAt?: number;
  readonly stopping: AbortSignal;
  private readonly wireHeaders?: MsgHdrs;
  private ownTrace?: Trace;
  private ownCorrelationId?: string;
  private hasTimedOut = false;
  private abort?: AbortController;
  private timer?: NodeJS.Timeout;

  constructor(arrival: Arrival) {
    this.subject = arrival.subject;
    this.caller = arrival.caller;
    this.model = arrival.model;
    this.idempotencyKey = arrival.idempotencyKey;
    this.expiresAt = arrival.expiresAt;
    this.stopping = arrival.stopping;
    this.wireHeaders = arrival.headers;
  }

  get deadline(): number | undefined {
    return this.expiresAt === undefined ? undefined : Math.max(0, this.expiresAt - performance.now());
  }

  get isExpired(): boolean {
    return this.hasTimedOut || (this.expiresAt !== undefined && performance.now() >= this.expiresAt);
  }

  get signal(): AbortSignal {
    if (!this.abort) {
      const abort = new AbortController();
      const left = this.deadline;
      this.abort = abort;
      if (left !== undefined) this.timer = setTimeout(() => this.timeOut(abort), left).unref();
    }
    return this.abort.signal;
  }

  get trace(): Trace {
    this.ownTrace ??= Trace.parse(this.wireHeaders?.get(TRACE_HEADER))?.child() ?? Trace.start();
    return this.ownTrace;
  }

  get traceparent(): string {
    return this.trace.toString();
  }

  get headers(): ReadonlyMap<string, string> {
    const headers = new Map<string, string>();
    for (const [name, values] of this.wireHeaders ?? []) headers.set(name, values[0]);
    return headers;
  }

  get correlationId(): string {
    this.ownCorrelationId ??= randomUUID();
    return this.ownCorrelationId;
  }

  /** A timer may fire a little before the clock says so; what it says counts. */
  private timeOut(abort: AbortController): void {
    this.hasTimedOut = true;
    abort.abort();
  }

  /** Aborts the signal of the request, if anybody asked for it. */
  cancel(): void {
    this.abort?.abort();
  }

  /** Ends what the request holds; its signal fires no more. */
  release(): void {
    clearTimeout(this.timer);
  }
}
