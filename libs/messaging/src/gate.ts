/**
 * Bounds how many requests of one operation run at a time. What is over the bound waits in order of arrival, up to a second
 * bound; over that the answer is OVERLOADED at once, with a hint when to come back: what waits, divided by how fast
 * requests were answered lately.
 */
import { Fault } from '@salus/fault';
import type { OperationMeter } from '@salus/observability';

const MIN_RETRY_MS = 25;
const MAX_RETRY_MS = 10_000;
/** Weight of the newest duration in the running mean. */
const SMOOTHING = 0.1;

export class Gate {
  private readonly queue: (() => void)[] = [];
  private head = 0;
  private meanMs = 0;

  /**
   * @param concurrency how many may run
   * @param waiting how many more may wait
   * @param meter where the two counts are shown
   */
  constructor(
    private readonly concurrency: number,
    private readonly waiting: number,
    private readonly meter: OperationMeter,
  ) {}

  /** @throws Fault OVERLOADED when nobody more may wait */
  refuseOverload(): void {
    const { meter } = this;
    if (meter.inFlight < this.concurrency || meter.waiting < this.waiting) return;
    meter.overloaded += 1;
    const estimate = Math.round((this.meanMs * (meter.waiting + 1)) / this.concurrency);
    const retryAfterMs = Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, estimate));
    throw new Fault('OVERLOADED', `${meter.inFlight} requests run and ${meter.waiting} wait; no more are taken now`, { retryAfterMs });
  }

  /** Takes a place; undefined when one was free, else a promise that ends when one is. */
  enter(): Promise<void> | undefined {
    const { meter } = this;
    if (meter.inFlight < this.concurrency) {
      meter.inFlight += 1;
      return undefined;
    }
    meter.waiting += 1;
    return new Promise((resolve) => this.queue.push(resolve));
  }

  /**
   * Gives a place back, to the one who waits longest.
   * @param ranMs how long it was held, for the hint
   */
  leave(ranMs: number): void {
    this.meanMs += (ranMs - this.meanMs) * SMOOTHING;
    if (this.head === this.queue.length) {
      this.meter.inFlight -= 1;
      return;
    }
    this.meter.waiting -= 1;
    const next = this.queue[this.head];
    this.head += 1;
    if (this.head > 1024 || this.head === this.queue.length) {
      this.queue.splice(0, this.head);
      this.head = 0;
    }
    next();
  }
}
