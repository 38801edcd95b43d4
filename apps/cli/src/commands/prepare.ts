import { modelId } from '@salus/contracts';
import { z } from 'zod';
import { prepareModel } from '../client/prepare-model';
import { defineCommand } from '../command-line/command';
import { shortDigest } from '../terminal/quantity';

export const prepare = defineCommand({
  name: 'prepare',
  usage: '<model>',
  summary: 'Clean and split a dataset and fit the pipeline of a model on it.',
  options: [{ flags: '--dataset <version>', about: 'a dataset version or its beginning; the newest of the model if left out' }],
  input: z.strictObject({ model: modelId, dataset: z.string().min(1).optional() }),
  run: async (input, { connect, onChange, onWait, signal }) => {
    const { dataset, job, result } = await prepareModel(await connect(), { ...input, onChange, onWait, signal });
    return { ...result, dataset, job: job.id };
  },
  print: ({ model, dataset, prepared, train, test, dropped, existed }, style) => {
    const done = style.green(existed ? 'the same prepared dataset was there already' : 'prepared');
    return [
      `${done}: ${style.bold(shortDigest(prepared))} from dataset ${shortDigest(dataset)}`,
      `${train} rows train, ${test} test, ${dropped} dropped`,
      '',
      `next: ${style.command(`train ${model} --dataset ${shortDigest(dataset)} --watch`)}`,
    ];
  },
});
