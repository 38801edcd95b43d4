/** A job as the stores hold it, and the view of it that clients see. */
import type { JobState, JobView } from '@salus/contracts';

export type JobProgress = JobView['progress'];
export type JobResult = NonNullable<JobView['result']>;
/** Why an attempt ended without a result: a fault code, a sentence and facts, none of them patient data. */
export type JobFailure = NonNullable<JobView['failure']>;

export interface JobRecord {
  readonly id: string;
  readonly name: string;
  readonly model: string | null;
  readonly caller: string;
  readonly idempotencyKey: string | null;
  readonly input: unknown;
  /** W3C trace context of the request that asked for the job. */
  readonly traceparent: string | null;
  readonly state: JobState;
  readonly revision: number;
  /** The fence: grows with every claim and never falls. */
  readonly attempt: number;
  /** Claims that count against maxAttempts. */
  readonly tries: number;
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  readonly availableAt: Date;
  readonly leaseUntil: Date | null;
  readonly worker: string | null;
  readonly progress: JobProgress;
  readonly result: JobResult | null;
  readonly failure: JobFailure | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

/** What is known of a job before it is stored. */
export type NewJob = Pick<JobRecord, 'id' | 'name' | 'model' | 'caller' | 'idempotencyKey' | 'input' | 'traceparent' | 'maxAttempts' | 'timeoutMs'>;

/** One attempt of one job: whoever holds the newest may write. */
export interface Hold {
  readonly id: string;
  readonly attempt: number;
}

export const PROGRESS_QUEUED: JobProgress = { percent: 0, phase: 'queued' };
export const PROGRESS_STARTING: JobProgress = { percent: 0, phase: 'starting' };

/** What a job has come to when its worker gave no sign of life until the lease was over. */
export const LEASE_OVER: JobFailure = { code: 'UNAVAILABLE', message: 'the worker gave no sign of life until its lease was over', details: {} };

/**
 * The view that clients get; `attempt` counts the tries, so that it stands in relation to `maxAttempts`.
 *
 * @param service name of the service that owns the job
 */
export function viewOf(record: JobRecord, service: string): JobView {
  const { id, name, model, state, revision, maxAttempts, progress, result, failure } = record;
  return {
    id, service, name, model, state, revision, attempt: record.tries, maxAttempts, progress, result, failure,
    createdAt: record.createdAt.toISOString(),
    startedAt: record.startedAt?.toISOString() ?? null,
    endedAt: record.endedAt?.toISOString() ?? null,
  };
}
