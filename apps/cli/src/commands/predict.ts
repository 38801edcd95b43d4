import { modelId } from '@salus/contracts';
import { z } from 'zod';
import { predict as ask } from '../client/predict';
import { defineCommand } from '../command-line/command';
import { readPredictionRequest } from '../command-line/prediction-input';
import { predictionLines } from '../terminal/prediction-lines';

export const predict = defineCommand({
  name: 'predict',
  usage: '<model> <rows>',
  summary: 'Ask a model: rows are JSON, @file, or - for standard input; a row, an array of rows or a whole request.',
  options: [
    { flags: '--level <share>', about: 'level of the interval, above 0.5 and below 1; the model has a default' },
    { flags: '--no-explain', about: 'do not ask what each feature contributed' },
  ],
  input: z.strictObject({ model: modelId, rows: z.string().min(1), level: z.coerce.number().gt(0.5).lt(1).optional(), explain: z.boolean() }),
  run: async ({ model, rows, level, explain }, { connect, stdin, signal }) => {
    const request = await readPredictionRequest(rows, stdin, { level, explain });
    return ask(await connect(), { model, request, signal });
  },
  print: predictionLines,
});
