/**
 * Requests that wait for a job to change. A change made in this process reaches them at once; one made in another is found by a
 * look at all jobs waited for, one statement however many wait.
 */
import type { JobRecord } from './job-record';
import type { JobStore } from './job.store';

interface Waiter {
  readonly afterRevision: number;
  readonly resolve: (record: JobRecord | undefined) => void;
}

export class JobWaiters {
  private readonly waiters = new Map<string, Set<Waiter>>();
  private looking: NodeJS.Timeout | undefined;
  private isLooking = false;

  /** @param pollMs how often to look while somebody waits, in milliseconds */
  constructor(
    private readonly store: JobStore,
    private readonly pollMs: number,
  ) {}

  /** How many wait. */
  get size(): number {
    return [...this.waiters.values()].reduce((sum, waiters) => sum + waiters.size, 0);
  }

  /** The job once its revision is above the given one, or undefined when waitMs is over. */
  wait(id: string, afterRevision: number, waitMs: number): Promise<JobRecord | undefined> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        afterRevision,
        resolve: (record) => {
          clearTimeout(timer);
          this.remove(id, waiter);
          resolve(record);
        },
      };
      const timer = setTimeout(() => waiter.resolve(undefined), waitMs);
      this.waiters.set(id, (this.waiters.get(id) ?? new Set()).add(waiter));
      this.looking ??= setInterval(() => void this.look(), this.pollMs);
    });
  }

  /** Tells of a change, from whatever source. */
  offer(record: JobRecord): void {
    for (const waiter of [...(this.waiters.get(record.id) ?? [])]) if (record.revision > waiter.afterRevision) waiter.resolve(record);
  }

  /** Looks at once; for a hint from outside that something changed. */
  async look(): Promise<void> {
    if (this.isLooking || this.waiters.size === 0) return;
    this.isLooking = true;
    try {
      const known = [...this.waiters].map(([id, waiters]) => ({ id, revision: Math.min(...[...waiters].map(({ afterRevision }) => afterRevision)) }));
      for (const record of await this.store.changedSince(known)) this.offer(record);
    } catch {
      // The database is away: who waits is answered by the next look, or asks the database in vain when the wait is over and gets the fault.
      return;
    } finally {
      this.isLooking = false;
    }
  }

  /** Ends every wait with what is known, which is nothing new. */
  close(): void {
    for (const waiters of [...this.waiters.values()]) for (const waiter of [...waiters]) waiter.resolve(undefined);
  }

  private remove(id: string, waiter: Waiter): void {
    const waiters = this.waiters.get(id);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.waiters.delete(id);
    if (this.waiters.size > 0) return;
    clearInterval(this.looking);
    this.looking = undefined;
  }
}
