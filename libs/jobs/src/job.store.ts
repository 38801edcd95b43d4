/**
 * The port below queue, worker and job process: every change of a job is one call here, and every call that writes for an attempt
 * names its fence. Two twins stand behind it, in memory and in PostgreSQL, and one conformance suite holds for both.
 */
import { Fault } from '@salus/fault';
import type { JobState } from '@salus/contracts';
import type { Hold, JobFailure, JobProgress, JobRecord, JobResult, NewJob } from './job-record';

export interface ClaimOptions {
  /** Who claims, for people who look into the table. */
  readonly worker: string;
  readonly leaseMs: number;
  /** Names of the jobs that this worker knows; an older version leaves newer ones alone. */
  readonly names: readonly string[];
}

export interface JobFilter {
  readonly model?: string;
  readonly state?: JobState;
  /** 1 to 500 */
  readonly limit: number;
}

/** How many jobs wait and run. */
export interface JobCounts {
  readonly queued: number;
  readonly running: number;
}

/** @template Transaction what `commit` hands to the work: TypeORM's EntityManager, or nothing in memory */
export abstract class JobStore<Transaction = unknown> {
  /**
   * Stores a job, or finds the one that the same caller stored under the same name and idempotency key.
   *
   * @throws Fault CONFLICT when that one has another input or model
   */
  abstract enqueue(job: NewJob): Promise<{ readonly record: JobRecord; readonly isNew: boolean }>;

  abstract find(id: string): Promise<JobRecord | undefined>;

  /** Those of the named jobs whose revision is above the given one. */
  abstract changedSince(known: readonly { readonly id: string; readonly revision: number }[]): Promise<JobRecord[]>;

  /** Newest first. */
  abstract list(filter: JobFilter): Promise<JobRecord[]>;

  /** Cancels a job that has not ended. Gives the job as it now is, and whether this call changed it; undefined when there is none. */
  abstract cancel(id: string): Promise<{ readonly record: JobRecord; readonly isChanged: boolean } | undefined>;

  /** Takes the oldest queued job of the model whose turn was longest ago; no two claims get the same job. */
  abstract claim(options: ClaimOptions): Promise<JobRecord | undefined>;

  /** Prolongs the leases of attempts; gives those that still are the newest of a running job. */
  abstract renew(holds: readonly Hold[], leaseMs: number): Promise<Hold[]>;

  /** Queues jobs again whose lease is over, or fails them when that was their last try; gives those changed. */
  abstract sweep(): Promise<JobRecord[]>;

  /** Writes progress; gives undefined when the attempt is no longer the newest, or is about to commit. */
  abstract report(hold: Hold, progress: JobProgress): Promise<JobRecord | undefined>;

  /** Queues the job again after a failure; gives undefined when the attempt is no longer the newest. */
  abstract retry(hold: Hold, failure: JobFailure, delayMs: number): Promise<JobRecord | undefined>;

  /** Ends the job as a dead letter; gives undefined when the attempt is no longer the newest. */
  abstract fail(hold: Hold, failure: JobFailure): Promise<JobRecord | undefined>;

  /** Gives the job back without a try being counted; gives undefined when the attempt is no longer the newest. */
  abstract release(hold: Hold): Promise<JobRecord | undefined>;

  /**
   * Ends the job with the result of the work, in the transaction of the work. When an earlier call for the same attempt was stored
   * already (its answer got lost), the work is not done again and the stored job is given.
   *
   * @throws Fault LEASE_LOST when the attempt is no longer the newest of a running job; nothing of the work is kept then
   */
  abstract commit(hold: Hold, work: (transaction: Transaction) => Promise<JobResult>): Promise<JobRecord>;

  abstract counts(): Promise<JobCounts>;
}

export function leaseLost({ id, attempt }: Hold): Fault {
  return new Fault('LEASE_LOST', `attempt ${attempt} of job ${id} is no longer the one that runs; its write was refused`, { jobId: id, attempt });
}

export function keyTaken(record: Pick<JobRecord, 'id' | 'name'>): Fault {
  return new Fault('CONFLICT', `the idempotency key was used for job ${record.id} (${record.name}) with another input or model`, { jobId: record.id });
}
