import { z } from 'zod';
import { defineOperation } from '../define';
import { modelId, versionNumber } from '../scalars';

/** A row of features by name; null says that the value is missing. Which names there are, the model's manifest says. */
export const featureRow = z.record(z.string(), z.union([z.number(), z.string(), z.null()]));

const interval = z.strictObject({
  /** Probability with which the interval holds the outcome of an exchangeable new case. */
  level: z.number(),
  /** null: no finite bound exists at this level with so few training rows. */
  lower: z.number().nullable(),
  upper: z.number().nullable(),
});

export const predictionAnswer = z.strictObject({
  outcome: z.enum(['answered', 'abstained']),
  result: z.strictObject({ value: z.number(), unit: z.string() }).nullable(),
  uncertainty: z.strictObject({ method: z.string(), interval }).nullable(),
  explanation: z
    .strictObject({
      /** The space in which base + sum of contributions = value. */
      space: z.literal('output'),
      base: z.number(),
      contributions: z.array(z.strictObject({ feature: z.string(), value: z.number() })),
    })
    .optional(),
});

export const predict = defineOperation({
  subject: 'prediction.v1.predict.{model}',
  summary: 'Predicts an outcome for each row, with an interval and, when asked, what each feature contributed.',
  request: z.strictObject({
    rows: z.array(featureRow).min(1).max(10_000),
    /** Level of the interval; the model has a default. */
    level: z.number().gt(0.5).lt(1).optional(),
    explain: z.boolean().default(false),
  }),
  reply: z.strictObject({ model: modelId, version: versionNumber, answers: z.array(predictionAnswer) }),
  example: {
    request: { rows: [{ age: 59, sex: 2, s1: 157, s6: 87 }], level: 0.9, explain: true },
    reply: {
      model: 'blood-pressure',
      version: 1,
      answers: [
        {
          outcome: 'answered',
          result: { value: 97.5, unit: 'mm[Hg]' },
          uncertainty: { method: 'jackknife+', interval: { level: 0.9, lower: 77.7, upper: 117.4 } },
          explanation: { space: 'output', base: 94.6, contributions: [{ feature: 'age', value: 2.9 }] },
        },
      ],
    },
  },
  idempotent: true,
  concurrency: 256,
  waiting: 4_096,
  faults: ['UNKNOWN_MODEL'],
});
export type FeatureRow = z.output<typeof featureRow>;
export type PredictionAnswer = z.output<typeof predictionAnswer>;
