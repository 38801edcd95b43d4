/** What a job process and its worker say to each other, over the IPC channel of the fork and the environment. */
import { z } from 'zod';

export const ENV_JOB_ID = 'SALUS_JOB_ID';
export const ENV_JOB_ATTEMPT = 'SALUS_JOB_ATTEMPT';
/** W3C trace context that the log lines of the job belong to. */
export const ENV_JOB_TRACE = 'SALUS_JOB_TRACEPARENT';
export const ENV_JOB_FOLDER = 'SALUS_JOB_FOLDER';

export const jobMessage = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('progress'),
    progress: z.object({ percent: z.number().min(0).max(100), phase: z.string(), metrics: z.record(z.string(), z.number()).optional() }),
  }),
  z.object({ kind: z.literal('succeeded') }),
  z.object({ kind: z.literal('failed'), failure: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()) }) }),
]);

/** A message of a job process. */
export type JobMessage = z.output<typeof jobMessage>;
