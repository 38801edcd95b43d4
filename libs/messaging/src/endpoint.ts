/** One operation as this instance serves it: contract, handler, gate and the counts of NATS ADR-32. */
import type { Operation } from '@salus/contracts';
import type { Metrics, OperationMeter } from '@salus/observability';
import { Gate } from './gate';
import type { RequestContext } from './request-context';

/** What Nest hands to the strategy for a decorated method. */
export type Handler = (request: unknown, context: RequestContext) => Promise<unknown>;

const MODEL_SUFFIX = '.{model}';
const NANOSECONDS_PER_MILLISECOND = 1e6;

export class Endpoint {
  readonly gate: Gate;
  readonly meter: OperationMeter;
  requests = 0;
  errors = 0;
  lastError = '';
  processingTimeNs = 0;

  constructor(
    readonly operation: Operation,
    readonly handler: Handler,
    metrics: Metrics,
  ) {
    this.meter = metrics.operation(operation.subject);
    this.gate = new Gate(operation.concurrency, operation.waiting, this.meter);
  }

  /** Subject without the model token; the whole subject when there is none. */
  get prefix(): string {
    const { subject } = this.operation;
    return this.hasModel ? subject.slice(0, -MODEL_SUFFIX.length) : subject;
  }

  get hasModel(): boolean {
    return this.operation.subject.endsWith(MODEL_SUFFIX);
  }

  /**
   * Counts one answer.
   * @param code `OK` or a fault code
   * @param elapsedMs from arrival to answer
   */
  count(code: string, elapsedMs: number): void {
    this.requests += 1;
    this.processingTimeNs += Math.round(elapsedMs * NANOSECONDS_PER_MILLISECOND);
    if (code !== 'OK') {
      this.errors += 1;
      this.lastError = code;
    }
    this.meter.answered(code, elapsedMs / 1_000);
  }
}

/** Finds the endpoint of a subject: an exact one first, then one that ends in a model token. */
export class EndpointTable {
  private readonly exact = new Map<string, Endpoint>();
  private readonly byPrefix = new Map<string, Endpoint>();

  add(endpoint: Endpoint): void {
    (endpoint.hasModel ? this.byPrefix : this.exact).set(endpoint.prefix, endpoint);
  }

  /** Every endpoint, ordered by subject. */
  all(): Endpoint[] {
    return [...this.exact.values(), ...this.byPrefix.values()].sort((a, b) => (a.operation.subject < b.operation.subject ? -1 : 1));
  }

  find(subject: string): { endpoint: Endpoint; model?: string } | undefined {
    const exact = this.exact.get(subject);
    if (exact) return { endpoint: exact };
    const dot = subject.lastIndexOf('.');
    const endpoint = this.byPrefix.get(subject.slice(0, dot));
    return endpoint ? { endpoint, model: subject.slice(dot + 1) } : undefined;
  }
}
