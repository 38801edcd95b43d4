/**
 * Runs the jobs of a service: claims, forks a process for each, keeps the leases, records how each attempt ended.
 *
 * One turn does it all: renew what runs here, take back what others let lapse, claim while there is room. A turn comes with each
 * poll, each ring of the bell and each end of a job. A lease is also watched by this process's own monotonic clock, from before the
 * renewal was sent: who cannot reach the database until the lease is over ends the job's process, since another worker may have it.
 */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobContract } from '@salus/contracts';
import { Fault } from '@salus/fault';
import type { Log } from '@salus/observability';
import { JobChild, type JobProgram, type KillReason, type Outcome } from './job-child';
import { failureFor, verdictOn } from './job-failure';
import { prepareJobFolders } from './job-folder';
import type { JobBell, JobQueue } from './job-queue';
import type { JobFailure, JobProgress, JobRecord } from './job-record';

export interface JobWorkerOptions {
  readonly queue: JobQueue;
  /** The jobs that the program knows. */
  readonly contracts: readonly JobContract[];
  readonly program: JobProgram;
  readonly bell?: JobBell;
  /** Jobs at a time; 1 if left out. */
  readonly concurrency?: number;
  /** After how long without a renewal another worker may take a job, in milliseconds; 30,000 if left out. */
  readonly leaseMs?: number;
  /** How often to look for work unasked, in milliseconds; 2,000 if left out, and never more than a third of the lease. */
  readonly pollMs?: number;
  /** How long a stopping worker lets its jobs go on, in milliseconds; 20,000 if left out. */
  readonly graceMs?: number;
  /** Pause after the first failure, in milliseconds, doubled with each further one; 1,000 if left out. */
  readonly retryMs?: number;
  readonly log?: Log;
  /** Told how each attempt ended, for the metrics. */
  readonly onAttemptEnd?: (job: string, state: 'succeeded' | 'retried' | 'failed' | KillReason, seconds: number) => void;
}

interface Running {
  readonly record: JobRecord;
  readonly child: JobChild;
  readonly startedAtMs: number;
  leaseTimer?: NodeJS.Timeout;
  timeoutTimer?: NodeJS.Timeout;
  /** The newest progress that is not written yet, and whether a write is under way. */
  progress?: JobProgress;
  isReporting?: boolean;
}

/** What the worker has done since it was started. */
export interface JobWorkerStats {
  readonly running: number;
  readonly claimed: number;
}

const SETTLE_RETRY_MS = 500;

export class JobWorker {
  private readonly name = `${hostname()}/${process.pid}`;
  private readonly running = new Set<Running>();
  private readonly settling = new Set<Promise<void>>();
  private readonly leaseMs: number;
  private readonly pollMs: number;
  private polling: NodeJS.Timeout | undefined;
  private silence: (() => void) | undefined;
  private turning: Promise<void> | undefined;
  private isTurnWanted = false;
  private isStopping = false;
  private isAway = false;
  private claimed = 0;

  constructor(private readonly options: JobWorkerOptions) {
    this.leaseMs = options.leaseMs ?? 30_000;
    this.pollMs = Math.min(options.pollMs ?? 2_000, this.leaseMs / 3);
  }

  get stats(): JobWorkerStats {
    return { running: this.running.size, claimed: this.claimed };
  }

  /** Process ids of the jobs that run here. */
  get pids(): number[] {
    return [...this.running].flatMap(({ child }) => child.pid ?? []);
  }

  /** @throws Fault CONFIGURATION when the temporary folder cannot be made */
  async start(): Promise<void> {
    await prepareJobFolders(this.options.program.temporaryFolder);
    if (this.isStopping) return;
    this.polling = setInterval(() => this.wake(), this.pollMs);
    this.silence = this.options.bell?.onRing(() => this.wake());
    this.wake();
  }

  /** Takes a turn now, or once more after the one under way. */
  wake(): void {
    this.isTurnWanted = true;
    this.turning ??= this.turns().finally(() => {
      this.turning = undefined;
      if (this.isTurnWanted) this.wake();
    });
  }

  /** Claims no more, waits for what runs up to the grace period, then ends it and gives the jobs back without a try being counted. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.silence?.();
    await this.turning;
    const isOver = sleep(this.options.graceMs ?? 20_000, 'over', { ref: false });
    const isDone = Promise.all(this.settling).then(() => 'done' as const);
    if ((await Promise.race([isDone, isOver])) === 'over') for (const { child } of this.running) child.kill('stopping');
    await Promise.all(this.settling);
    clearInterval(this.polling);
    await this.turning;
  }

  private async turns(): Promise<void> {
    while (this.isTurnWanted) {
      this.isTurnWanted = false;
      try {
        await this.turn();
        this.isAway = false;
      } catch (error) {
        // The poll tries again; one line per outage is enough.
        if (!this.isAway) this.options.log?.warn('jobs: the database does not answer', { worker: this.name, error });
        this.isAway = true;
      }
    }
  }

  private async turn(): Promise<void> {
    const { queue, concurrency = 1 } = this.options;
    await this.renew();
    for (const record of await queue.store.sweep()) queue.announce(record);
    const names = this.options.contracts.map(({ name }) => name);
    while (!this.isStopping && this.running.size < concurrency) {
      const sentAtMs = performance.now();
      const record = await queue.store.claim({ worker: this.name, leaseMs: this.leaseMs, names });
      if (!record) return;
      this.claimed += 1;
      queue.announce(record);
      const settled = this.run(record, sentAtMs).finally(() => this.settling.delete(settled));
      this.settling.add(settled);
    }
  }

  private async renew(): Promise<void> {
    if (this.running.size === 0) return;
    const sentAtMs = performance.now();
    const held = [...this.running];
    const kept = await this.options.queue.store.renew(held.map(({ record }) => record), this.leaseMs);
    const keptIds = new Set(kept.map(({ id }) => id));
    for (const entry of held) {
      if (keptIds.has(entry.record.id)) this.armLease(entry, sentAtMs);
      else await this.end(entry);
    }
  }

  /** Ends the process of a job that is no longer ours: cancelled, or taken over. */
  private async end({ record, child }: Running): Promise<void> {
    const now = await this.options.queue.store.find(record.id);
    if (now?.state === 'succeeded') return;
    child.kill(now?.state === 'cancelled' ? 'cancelled' : 'lease-lost');
  }

  private armLease(entry: Running, sentAtMs: number): void {
    clearTimeout(entry.leaseTimer);
    entry.leaseTimer = setTimeout(() => entry.child.kill('lease-lost'), sentAtMs + this.leaseMs - performance.now());
  }

  private async run(record: JobRecord, sentAtMs: number): Promise<void> {
    const child = new JobChild(this.options.program, record, (progress) => void this.report(entry, progress));
    const entry: Running = { record, child, startedAtMs: performance.now() };
    this.running.add(entry);
    this.armLease(entry, sentAtMs);
    entry.timeoutTimer = setTimeout(() => child.kill('timeout'), Math.min(record.timeoutMs, 2 ** 31 - 1));
    const outcome = await child.run();
    clearTimeout(entry.timeoutTimer);
    await this.settle(entry, outcome);
    clearTimeout(entry.leaseTimer);
    this.running.delete(entry);
    if (!this.isStopping) this.wake();
  }

  /** Writes the newest progress, one write at a time; what comes meanwhile replaces what waits. */
  private async report(entry: Running, progress: JobProgress): Promise<void> {
    entry.progress = progress;
    if (entry.isReporting) return;
    entry.isReporting = true;
    try {
      while (entry.progress) {
        const newest = entry.progress;
        entry.progress = undefined;
        const record = await this.options.queue.store.report(entry.record, newest);
        if (record) this.options.queue.announce(record);
      }
    } catch (error) {
      // Progress is for the eye: the next one comes soon.
      this.options.log?.debug('jobs: a progress report was dropped', { jobId: entry.record.id, error });
    } finally {
      entry.isReporting = false;
    }
  }

  /** Records the end of an attempt; while the database is away it tries until the lease is over, and the sweep does the rest. */
  private async settle({ record, startedAtMs }: Running, outcome: Outcome): Promise<void> {
    const endAtMs = performance.now() + this.leaseMs;
    for (;;) {
      try {
        const state = await this.recordOutcome(record, outcome);
        const seconds = (performance.now() - startedAtMs) / 1_000;
        this.options.onAttemptEnd?.(`${this.options.queue.service}/${record.name}`, state, seconds);
        const code = outcome.kind === 'failed' ? outcome.failure.code : undefined;
        this.options.log?.info('job attempt ended', { jobId: record.id, job: record.name, attempt: record.attempt, state, code, durationMs: 1_000 * seconds });
        return;
      } catch (error) {
        const isOver = performance.now() + SETTLE_RETRY_MS > endAtMs;
        if (isOver || Fault.from(error).code !== 'UNAVAILABLE') {
          this.options.log?.error('jobs: the end of an attempt could not be recorded; its lease will lapse', { jobId: record.id, error });
          return;
        }
        await sleep(SETTLE_RETRY_MS);
      }
    }
  }

  private async recordOutcome(record: JobRecord, outcome: Outcome): Promise<'succeeded' | 'retried' | 'failed' | KillReason> {
    const { queue } = this.options;
    // Without a change the attempt had ended already: by a commit whose message got lost, or for another worker or a cancellation.
    const announced = async (changed: JobRecord | undefined): Promise<boolean> => {
      const now = changed ?? (await queue.store.find(record.id));
      const isOurs = now !== undefined && now.attempt === record.attempt && now.state !== 'cancelled';
      if (isOurs) queue.announce(now);
      return isOurs && now.state === 'succeeded';
    };
    if (outcome.kind === 'succeeded') {
      await announced(undefined);
      return 'succeeded';
    }
    if (outcome.kind === 'killed' && outcome.reason !== 'timeout') {
      const hasSucceeded = outcome.reason === 'stopping' && (await announced(await queue.store.release(record)));
      return hasSucceeded ? 'succeeded' : outcome.reason;
    }
    const failure: JobFailure =
      outcome.kind === 'failed' ? outcome.failure : failureFor('DEADLINE_EXCEEDED', `the attempt ran longer than the ${record.timeoutMs} ms that the job may take`, { timeoutMs: record.timeoutMs });
    if (failure.code === 'LEASE_LOST') return 'lease-lost';
    const verdict = verdictOn(record, failure.code, this.options.retryMs ?? 1_000);
    const changed = verdict.kind === 'fail' ? await queue.store.fail(record, failure) : await queue.store.retry(record, failure, verdict.delayMs);
    if (await announced(changed)) return 'succeeded';
    return verdict.kind === 'fail' ? 'failed' : 'retried';
  }
}
