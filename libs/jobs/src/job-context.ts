/** What a job's handler is given: who it is, where to put files, how to tell of progress and how to end. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobContract } from '@salus/contracts';
import { Fault } from '@salus/fault';
import type { EntityManager } from 'typeorm';
import type { z } from 'zod';
import type { Hold, JobProgress, JobRecord, JobResult } from './job-record';
import type { JobStore } from './job.store';

/** @template Result what the contract of the job says it gives */
export interface JobContext<Result, Resources> {
  readonly jobId: string;
  /** The fence of this attempt: grows with every claim. */
  readonly attempt: number;
  readonly model: string | null;
  /** Fires when the worker has gone; the process ends half a second later. */
  readonly signal: AbortSignal;
  /** An empty folder of this attempt, removed afterwards. */
  readonly folder: string;
  /** What `open` gave. */
  readonly resources: Resources;

  /**
   * Tells how far the job is; it may be called as often as one likes.
   *
   * @param progress percent from 0 to 100, the phase in a word or two, finite figures by name
   * @throws Fault INVALID_PARAMETERS for a number outside its range
   */
  progress(progress: JobProgress): void;

  /**
   * Ends the job with the facts that the work writes and the result that it gives, in one transaction: all of it or nothing. The
   * work may run again when the database goes away in the middle, so that what it does outside of the transaction must bear that.
   * Call it once, as the last thing, and compute before it, not in it: a transaction that sits idle for long is ended by the server.
   *
   * @throws Fault LEASE_LOST when another worker has the job by now; whatever the work throws
   */
  commit(work: (transaction: EntityManager) => Promise<Result>): Promise<void>;
}

const PROGRESS_EVERY_MS = 200;
const COMMIT_RETRY_MS = 250;
const COMMIT_RETRY_FOR_MS = 30_000;

/** Passes progress on at a bounded rate: a new phase at once, figures when the last ones are old enough, and the newest in any case. */
export class ProgressThrottle {
  private lastPhase: string | undefined;
  private lastSentMs = Number.NEGATIVE_INFINITY;
  private waiting: JobProgress | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly send: (progress: JobProgress) => void) {}

  report(progress: JobProgress): void {
    const { percent, phase, metrics = {} } = progress;
    if (!(percent >= 0 && percent <= 100)) throw new Fault('INVALID_PARAMETERS', `progress: percent is from 0 to 100, received ${percent}`);
    const broken = Object.keys(metrics).find((name) => !Number.isFinite(metrics[name]));
    if (broken !== undefined) throw new Fault('INVALID_PARAMETERS', `progress: metric ${broken} is a finite number, received ${metrics[broken]}`);
    const waitMs = phase === this.lastPhase ? this.lastSentMs + PROGRESS_EVERY_MS - performance.now() : 0;
    this.waiting = progress;
    if (waitMs <= 0) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), waitMs).unref();
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.waiting) return;
    this.lastPhase = this.waiting.phase;
    this.lastSentMs = performance.now();
    this.send(this.waiting);
    this.waiting = undefined;
  }
}

export interface CommitOptions {
  readonly store: JobStore<EntityManager>;
  readonly hold: Hold;
  readonly contract: JobContract;
}

/** Commits, and tries again while the database is away: the store knows whether an earlier try was stored after all. */
export async function commitJob({ store, hold, contract }: CommitOptions, work: (transaction: EntityManager) => Promise<unknown>): Promise<JobRecord> {
  const endAtMs = performance.now() + COMMIT_RETRY_FOR_MS;
  for (;;) {
    try {
      return await store.commit(hold, async (transaction) => checkedResult(contract, await work(transaction)));
    } catch (error) {
      if (!Fault.is(error) || error.code !== 'UNAVAILABLE' || performance.now() > endAtMs) throw error;
      await sleep(COMMIT_RETRY_MS);
    }
  }
}

function checkedResult(contract: JobContract, result: unknown): JobResult {
  const parsed = (contract.result as z.ZodType).safeParse(result);
  if (parsed.success && typeof parsed.data === 'object' && parsed.data !== null) return parsed.data as JobResult;
  const issues = parsed.error?.issues.map(({ path, message }) => ({ path: path.join('.'), message })) ?? [];
  throw new Fault('INTERNAL', `the result of ${contract.name} does not fit its contract`, { issues });
}
