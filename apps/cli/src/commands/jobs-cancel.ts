import { isEnded, type JobState } from '@salus/contracts';
import { z } from 'zod';
import { cancelJob, findJob } from '../client/jobs';
import { defineCommand } from '../command-line/command';
import { jobId } from '../command-line/job-id';

const ENDED: Partial<Record<JobState, string>> = {
  succeeded: 'had already succeeded',
  failed: 'had already failed',
  cancelled: 'was already cancelled',
};

export const jobsCancel = defineCommand({
  name: 'jobs cancel',
  usage: '<id>',
  summary: 'Cancel a job; one that has ended stays as it is.',
  input: z.strictObject({ id: jobId }),
  run: async ({ id }, { connect }) => {
    const client = await connect();
    const found = await findJob(client, id);
    const job = isEnded(found.state) ? found : await cancelJob(client, id);
    // A job may end by itself between the two requests.
    return { ...job, hadEnded: isEnded(found.state) || (isEnded(job.state) && job.state !== 'cancelled') };
  },
  print: ({ id, state, hadEnded }) => [hadEnded ? `job ${id} ${ENDED[state] ?? `was ${state}`}; nothing was cancelled` : `job ${id} is ${state}`],
});
