import { modelId } from '@salus/contracts';
import { trainModel as trainModelJob } from '@salus/contracts/training/train-model';
import { z } from 'zod';
import { followJob, resultOf } from '../client/jobs';
import { beginTraining } from '../client/train-model';
import { defineCommand } from '../command-line/command';
import { metricLines } from '../terminal/metric-lines';
import { shortDigest } from '../terminal/quantity';

export const train = defineCommand({
  name: 'train',
  usage: '<model>',
  summary: 'Train a model; prepares the dataset first when no prepared one fits.',
  options: [
    { flags: '--dataset <version>', about: 'a dataset version or its beginning; the newest of the model if left out' },
    { flags: '--watch', about: 'follow the job until it has ended' },
  ],
  input: z.strictObject({ model: modelId, dataset: z.string().min(1).optional(), watch: z.boolean().default(false) }),
  run: async ({ watch, ...input }, { connect, onChange, onWait, signal }) => {
    const client = await connect();
    const { job, dataset, prepared } = await beginTraining(client, { ...input, onChange, onWait, signal });
    if (!watch) return { model: input.model, dataset, prepared, job: job.id, state: job.state };
    const ended = await followJob(client, { service: job.service, id: job.id, onChange, onWait, signal });
    return { model: input.model, dataset, prepared, job: job.id, state: ended.state, result: resultOf(trainModelJob, ended) };
  },
  print: ({ model, dataset, job, result }, style) => {
    if (!result) return [`training ${model} on dataset ${shortDigest(dataset)}: job ${style.bold(job)}`, '', `next: ${style.command(`jobs ${job} --watch`)}`];
    const done = result.existed ? 'the same version was there already' : 'trained';
    const title = `${style.green(done)}: ${style.bold(`${model} version ${result.version}`)} on dataset ${shortDigest(dataset)}`;
    return [title, ...metricLines(result.metrics), '', `next: ${style.command(`promote ${model} ${result.version}`)}`];
  },
});
