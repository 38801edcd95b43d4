import { jobState, modelId, type JobView } from '@salus/contracts';
import { z } from 'zod';
import { expectSucceeded, findJob, followJob, listJobs, type JobListing } from '../client/jobs';
import { wrongArgument } from '../client/wrong-argument';
import { defineCommand, type CommandTools } from '../command-line/command';
import { jobId } from '../command-line/job-id';
import { jobLines, jobTable } from '../terminal/job-lines';

const input = z.strictObject({
  id: jobId.optional(),
  watch: z.boolean().default(false),
  model: modelId.optional(),
  state: jobState.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(20),
});

export const jobs = defineCommand({
  name: 'jobs',
  usage: '[id]',
  summary: 'List jobs, newest first, or show one.',
  options: [
    { flags: '--watch', about: 'follow the job until it has ended; a failed one gives exit code 1' },
    { flags: '--model <id>', about: 'only jobs of this model' },
    { flags: '--state <state>', about: `only jobs in this state: ${jobState.options.join(', ')}` },
    { flags: '--limit <count>', about: 'at most so many (default 20)' },
  ],
  input,
  run: async ({ id, watch, ...filter }, tools): Promise<JobListing | JobView> => {
    if (id !== undefined) return oneJob(id, watch, tools);
    if (watch) throw wrongArgument('INVALID_REQUEST', '--watch needs the id of a job');
    return listJobs(await tools.connect(), filter);
  },
  print: (answer, style) => {
    if (!('jobs' in answer)) return jobLines(answer, style);
    const silent = answer.silent.length === 0 ? [] : [style.yellow(`no answer from ${answer.silent.join(', ')}`)];
    return [...(answer.jobs.length === 0 ? ['no jobs'] : jobTable(answer.jobs, style)), ...silent];
  },
});

async function oneJob(id: string, watch: boolean, { connect, onChange, onWait, signal }: CommandTools): Promise<JobView> {
  const client = await connect();
  const found = await findJob(client, id);
  if (!watch) return found;
  const ended = await followJob(client, { service: found.service, id, onChange, onWait, signal });
  expectSucceeded(ended);
  return ended;
}
