/** The twin of the job store in memory, for unit tests; it has no transaction to hand out. */
import { isDeepStrictEqual } from 'node:util';
import { isEnded } from '@salus/contracts';
import { type Hold, type JobFailure, type JobProgress, type JobRecord, type JobResult, LEASE_OVER, type NewJob, PROGRESS_QUEUED, PROGRESS_STARTING } from './job-record';
import { type ClaimOptions, type JobCounts, type JobFilter, JobStore, keyTaken, leaseLost } from './job.store';

/** A store of its own, as a database is: what the caller does to its value later stays with the caller. */
const copied = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

export class MemoryJobStore extends JobStore<undefined> {
  private readonly jobs = new Map<string, JobRecord>();
  private readonly servedAt = new Map<string | null, number>();
  private turns = 0;

  /** @param now milliseconds since 1970; leases and backoff are measured with it */
  constructor(private readonly now: () => number = Date.now) {
    super();
  }

  async enqueue(job: NewJob): Promise<{ record: JobRecord; isNew: boolean }> {
    const sameKey = (other: JobRecord): boolean => other.caller === job.caller && other.name === job.name && other.idempotencyKey === job.idempotencyKey;
    const earlier = job.idempotencyKey === null ? undefined : [...this.jobs.values()].find(sameKey);
    if (earlier) {
      if (!isDeepStrictEqual(earlier.input, job.input) || earlier.model !== job.model) throw keyTaken(earlier);
      return { record: earlier, isNew: false };
    }
    const at = new Date(this.now());
    const record: JobRecord = {
      ...job, input: copied(job.input), state: 'queued', revision: 1, attempt: 0, tries: 0, availableAt: at, leaseUntil: null, worker: null,
      progress: PROGRESS_QUEUED, result: null, failure: null, createdAt: at, startedAt: null, endedAt: null,
    };
    this.jobs.set(job.id, record);
    return { record, isNew: true };
  }

  async find(id: string): Promise<JobRecord | undefined> {
    return this.jobs.get(id);
  }

  async changedSince(known: readonly { id: string; revision: number }[]): Promise<JobRecord[]> {
    return known.flatMap(({ id, revision }) => {
      const record = this.jobs.get(id);
      return record && record.revision > revision ? [record] : [];
    });
  }

  async list(filter: JobFilter): Promise<JobRecord[]> {
    const fits = (job: JobRecord): boolean => (!filter.model || job.model === filter.model) && (!filter.state || job.state === filter.state);
    return [...this.jobs.values()].filter(fits).reverse().slice(0, filter.limit);
  }

  async cancel(id: string): Promise<{ record: JobRecord; isChanged: boolean } | undefined> {
    const job = this.jobs.get(id);
    if (!job) return undefined;
    if (isEnded(job.state)) return { record: job, isChanged: false };
    return { record: this.change(job, { state: 'cancelled', leaseUntil: null, endedAt: new Date(this.now()) }), isChanged: true };
  }

  async claim({ worker, leaseMs, names }: ClaimOptions): Promise<JobRecord | undefined> {
    const ready = [...this.jobs.values()].filter((job) => job.state === 'queued' && names.includes(job.name) && job.availableAt.getTime() <= this.now());
    const turn = (job: JobRecord): number => this.servedAt.get(job.model) ?? 0;
    const [next] = ready.sort((a, b) => turn(a) - turn(b) || a.availableAt.getTime() - b.availableAt.getTime());
    if (!next) return undefined;
    this.servedAt.set(next.model, (this.turns += 1));
    return this.change(next, {
      state: 'running', attempt: next.attempt + 1, tries: next.tries + 1, worker, leaseUntil: new Date(this.now() + leaseMs),
      startedAt: new Date(this.now()), progress: PROGRESS_STARTING,
    });
  }

  async renew(holds: readonly Hold[], leaseMs: number): Promise<Hold[]> {
    const kept = holds.filter((hold) => this.held(hold));
    for (const hold of kept) this.jobs.set(hold.id, { ...this.held(hold)!, leaseUntil: new Date(this.now() + leaseMs) });
    return kept;
  }

  async sweep(): Promise<JobRecord[]> {
    const isOver = (job: JobRecord): boolean => job.state === 'running' && job.leaseUntil !== null && job.leaseUntil.getTime() < this.now();
    return [...this.jobs.values()].filter(isOver).map((job) => (job.tries < job.maxAttempts ? this.queue(job, { failure: LEASE_OVER }) : this.end(job, LEASE_OVER)));
  }

  async report(hold: Hold, progress: JobProgress): Promise<JobRecord | undefined> {
    const job = this.held(hold);
    return job && this.change(job, { progress });
  }

  async retry(hold: Hold, failure: JobFailure, delayMs: number): Promise<JobRecord | undefined> {
    const job = this.held(hold);
    return job && this.queue(job, { failure, availableAt: new Date(this.now() + delayMs) });
  }

  async fail(hold: Hold, failure: JobFailure): Promise<JobRecord | undefined> {
    const job = this.held(hold);
    return job && this.end(job, failure);
  }

  async release(hold: Hold): Promise<JobRecord | undefined> {
    const job = this.held(hold);
    return job && this.queue(job, { tries: job.tries - 1 });
  }

  async commit(hold: Hold, work: (transaction: undefined) => Promise<JobResult>): Promise<JobRecord> {
    const before = this.jobs.get(hold.id);
    if (before?.state === 'succeeded' && before.attempt === hold.attempt) return before;
    if (!this.held(hold)) throw leaseLost(hold);
    const result = await work(undefined);
    const job = this.held(hold);
    if (!job) throw leaseLost(hold);
    const progress = { ...job.progress, percent: 100, phase: 'done' };
    return this.change(job, { state: 'succeeded', result: copied(result), failure: null, progress, leaseUntil: null, endedAt: new Date(this.now()) });
  }

  async counts(): Promise<JobCounts> {
    const jobs = [...this.jobs.values()];
    return { queued: jobs.filter(({ state }) => state === 'queued').length, running: jobs.filter(({ state }) => state === 'running').length };
  }

  private held({ id, attempt }: Hold): JobRecord | undefined {
    const job = this.jobs.get(id);
    return job?.state === 'running' && job.attempt === attempt ? job : undefined;
  }

  private queue(job: JobRecord, change: Partial<JobRecord>): JobRecord {
    return this.change(job, { state: 'queued', leaseUntil: null, progress: PROGRESS_QUEUED, availableAt: new Date(this.now()), ...change });
  }

  private end(job: JobRecord, failure: JobFailure): JobRecord {
    return this.change(job, { state: 'failed', leaseUntil: null, failure, endedAt: new Date(this.now()) });
  }

  private change(job: JobRecord, change: Partial<JobRecord>): JobRecord {
    const changed = { ...job, ...change, revision: job.revision + 1 };
    this.jobs.set(job.id, changed);
    return changed;
  }
}
