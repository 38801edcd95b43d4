import { z } from 'zod';
import { cancelJob } from '../client/jobs';
import { defineCommand } from '../command-line/command';
import { jobId } from '../command-line/job-id';

export const jobsCancel = defineCommand({
  name: 'jobs cancel',
  usage: '<id>',
  summary: 'Cancel a job; one that has ended stays as it is.',
  input: z.strictObject({ id: jobId }),
  run: async ({ id }, { connect }) => cancelJob(await connect(), id),
  print: ({ id, state }) => [state === 'cancelled' ? `job ${id} is cancelled` : `job ${id} is ${state}`],
});
