/** What a model version looks like: its descriptor (`model.json` of the artifact) and its entry in a listing. */
import { z } from 'zod';
import { manifestSchema } from './manifest';
import { DIGEST_EXAMPLE, INSTANT_EXAMPLE, count, digest, instant, modelId, versionNumber } from './scalars';

export const metricValue = z.strictObject({
  name: z.string(),
  value: z.number(),
  /** Bounds of the bootstrap interval at `level`. */
  lower: z.number(),
  upper: z.number(),
  level: z.number(),
});
export type MetricValue = z.output<typeof metricValue>;

/** One coefficient of a linear model in the original units of its feature. */
export const coefficient = z.strictObject({ name: z.string(), value: z.number(), standardError: z.number().nullable(), t: z.number().nullable() });

/**
 * The artifact's `model.json`: everything a serving app needs beside the weights. Its canonical JSON's digest is the
 * identity of the version, so it holds no time, host or duration.
 */
export const versionDescriptor = z.strictObject({
  schema: z.literal('salus.version/1'),
  model: modelId,
  manifest: manifestSchema,
  /** Blob of the weights in safetensors. */
  weights: z.strictObject({ digest, bytes: count }),
  /** State of the learner beside its tensors. */
  learner: z.record(z.string(), z.unknown()),
  pipeline: z.record(z.string(), z.unknown()),
  /** Coefficients in original units where the model is linear in them. */
  coefficients: z.array(coefficient).nullable(),
  metrics: z.array(metricValue),
  /** A typical row: the medians and most frequent levels of the training rows. */
  exampleRow: z.record(z.string(), z.union([z.number(), z.string()])),
  lineage: z.strictObject({ manifest: digest, dataset: digest, prepared: digest, code: z.string(), seed: count, backend: z.string() }),
  rows: z.strictObject({ train: count, test: count }),
});
export type VersionDescriptor = z.output<typeof versionDescriptor>;

export const versionView = z.strictObject({
  model: modelId,
  version: versionNumber,
  artifact: digest,
  metrics: z.array(metricValue),
  coefficients: z.array(coefficient).nullable(),
  lineage: versionDescriptor.shape.lineage,
  rows: versionDescriptor.shape.rows,
  /** Aliases that point here now, such as `production`. */
  aliases: z.array(z.string()),
  createdAt: instant,
});
export type VersionView = z.output<typeof versionView>;

export const exampleVersion: VersionView = {
  model: 'blood-pressure', version: 1, artifact: DIGEST_EXAMPLE,
  metrics: [{ name: 'rmse', value: 10.9, lower: 9.4, upper: 12.4, level: 0.95 }],
  coefficients: [{ name: 'age', value: 0.22, standardError: 0.05, t: 4.4 }],
  lineage: { manifest: DIGEST_EXAMPLE, dataset: DIGEST_EXAMPLE, prepared: DIGEST_EXAMPLE, code: '0.1.0', seed: 42, backend: 'cpu-float64' },
  rows: { train: 354, test: 88 }, aliases: ['production'], createdAt: INSTANT_EXAMPLE,
};

/** What an alias points at, as serving apps follow it. `revision` comes from a counter in PostgreSQL and only grows. */
export const promotion = z.strictObject({ model: modelId, service: z.string(), alias: z.string(), version: versionNumber, artifact: digest, revision: count });
export type Promotion = z.output<typeof promotion>;
export const examplePromotion: Promotion = { model: 'blood-pressure', service: 'prediction', alias: 'production', version: 1, artifact: DIGEST_EXAMPLE, revision: 7 };
