/** How a job looks to a client, and the three operations that every service with jobs answers. */
import { z } from 'zod';
import { defineEvent, defineOperation, type EventContract } from './define';
import { INSTANT_EXAMPLE, UUID_EXAMPLE, count, instant, limit, modelId, uuid } from './scalars';

export const jobState = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
export type JobState = z.output<typeof jobState>;

export const jobProgress = z.strictObject({
  percent: z.number().min(0).max(100),
  phase: z.string(),
  /** Figures of the moment, such as rows done or the current loss. */
  metrics: z.record(z.string(), z.number()).optional(),
});

export const jobView = z.strictObject({
  id: uuid,
  service: z.string(),
  name: z.string(),
  model: modelId.nullable(),
  state: jobState,
  /** Grows with every change; give it as afterRevision to wait for the next one. */
  revision: count,
  attempt: count,
  maxAttempts: z.int().min(1),
  progress: jobProgress,
  /** The job's result when it succeeded; its shape is in the job's contract. */
  result: z.record(z.string(), z.unknown()).nullable(),
  /** Why it failed, for good or (while queued again) last time. */
  failure: z.strictObject({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()) }).nullable(),
  createdAt: instant,
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
});
export type JobView = z.output<typeof jobView>;

/** Whether a job in this state changes no more. */
export const isEnded = (state: JobState): boolean => state === 'succeeded' || state === 'failed' || state === 'cancelled';

export function exampleJob(service: string, name: string): JobView {
  return {
    id: UUID_EXAMPLE, service, name, model: 'blood-pressure', state: 'running', revision: 3, attempt: 1, maxAttempts: 5,
    progress: { percent: 40, phase: 'reading', metrics: { rows: 200 } }, result: null, failure: null,
    createdAt: INSTANT_EXAMPLE, startedAt: INSTANT_EXAMPLE, endedAt: null,
  };
}

export const getJobOf = (service: string, job: string) =>
  defineOperation({
    subject: `${service}.v1.get-job`,
    summary: 'One job; with afterRevision it waits until the job has changed or waitMs is over.',
    request: z.strictObject({ id: uuid, afterRevision: count.optional(), waitMs: z.int().min(0).max(30_000).default(0) }),
    reply: jobView,
    example: { request: { id: UUID_EXAMPLE, afterRevision: 2, waitMs: 1_000 }, reply: exampleJob(service, job) },
    idempotent: true,
    concurrency: 1_024,
    timeoutMs: 35_000,
    faults: ['NOT_FOUND'],
  });

export const listJobsOf = (service: string, job: string) =>
  defineOperation({
    subject: `${service}.v1.list-jobs`,
    summary: 'Jobs, newest first.',
    request: z.strictObject({ model: modelId.optional(), state: jobState.optional(), limit }),
    reply: z.strictObject({ jobs: z.array(jobView) }),
    example: { request: { state: 'running' }, reply: { jobs: [exampleJob(service, job)] } },
    idempotent: true,
  });

export const cancelJobOf = (service: string, job: string) =>
  defineOperation({
    subject: `${service}.v1.cancel-job`,
    summary: 'Cancels a job: a queued one at once, a running one by ending its process. A job that has ended stays as it is.',
    request: z.strictObject({ id: uuid }),
    reply: jobView,
    example: { request: { id: UUID_EXAMPLE }, reply: { ...exampleJob(service, job), state: 'cancelled', endedAt: INSTANT_EXAMPLE } },
    idempotent: true,
    faults: ['NOT_FOUND'],
  });

export const jobChangedOf = (service: string, job: string): EventContract<typeof jobView> =>
  defineEvent({ subject: `event.${service}.v1.job-changed`, summary: 'A job has a new state or progress.', payload: jobView, example: exampleJob(service, job) });
