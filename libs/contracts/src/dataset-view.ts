/** What a dataset version and a prepared dataset look like to a client and on disk (their descriptors). */
import { z } from 'zod';
import { DIGEST_EXAMPLE, INSTANT_EXAMPLE, count, digest, instant, modelId } from './scalars';

export const columnReport = z.strictObject({
  name: z.string(),
  type: z.enum(['number', 'category', 'patient']),
  missing: count,
  wrongType: count,
  outOfRange: count,
  unknownLevel: count,
});

export const issueKind = z.enum(['missing', 'wrong-type', 'out-of-range', 'unknown-level', 'malformed-line', 'duplicate']);

/** What the check of a file found. It names rows and columns and never a value: values are patient data. */
export const dataReport = z.strictObject({
  rows: count,
  accepted: count,
  columns: z.array(columnReport),
  /** The first hundred, in row order; row 1 is the first row of data. */
  issues: z.array(z.strictObject({ row: count, column: z.string().nullable(), kind: issueKind, expected: z.string() })),
  issueCount: z.partialRecord(issueKind, count),
  duplicates: count,
  ignoredColumns: z.array(z.string()),
});
export type DataReport = z.output<typeof dataReport>;

/** The descriptor of a dataset version; its canonical JSON's digest is the version's name. Nothing in it depends on time or machine. */
export const datasetDescriptor = z.strictObject({
  schema: z.literal('salus.dataset/1'),
  model: modelId,
  manifest: digest,
  /** The file as it was sent. */
  source: z.strictObject({ digest, bytes: count, format: z.literal('csv') }),
  /** The checked table as Parquet. */
  data: z.strictObject({ digest, bytes: count, rows: count }),
  report: dataReport,
});
export type DatasetDescriptor = z.output<typeof datasetDescriptor>;

export const datasetView = z.strictObject({
  dataset: digest,
  model: modelId,
  fileName: z.string(),
  rows: count,
  bytes: count,
  createdAt: instant,
});
export type DatasetView = z.output<typeof datasetView>;

/** The descriptor of a prepared dataset: which rows train and which test, and the pipeline as it was fitted. */
export const preparedDescriptor = z.strictObject({
  schema: z.literal('salus.prepared/1'),
  model: modelId,
  manifest: digest,
  dataset: digest,
  /** Parquet: `row`, `split` (0 train, 1 test) and the cleaned columns before the pipeline. */
  data: z.strictObject({ digest, bytes: count }),
  rows: z.strictObject({ train: count, test: count, dropped: count }),
  seed: count,
  /** The fitted pipeline of libs/features, as data. */
  pipeline: z.record(z.string(), z.unknown()),
});
export type PreparedDescriptor = z.output<typeof preparedDescriptor>;

export const preparedView = z.strictObject({
  prepared: digest,
  model: modelId,
  dataset: digest,
  manifest: digest,
  rows: z.strictObject({ train: count, test: count, dropped: count }),
  createdAt: instant,
});
export type PreparedView = z.output<typeof preparedView>;

export const exampleReport: DataReport = {
  rows: 442, accepted: 442, issues: [], issueCount: {}, duplicates: 0, ignoredColumns: ['bmi'],
  columns: [{ name: 'age', type: 'number', missing: 0, wrongType: 0, outOfRange: 0, unknownLevel: 0 }],
};
export const exampleDescriptor: DatasetDescriptor = {
  schema: 'salus.dataset/1', model: 'blood-pressure', manifest: DIGEST_EXAMPLE,
  source: { digest: DIGEST_EXAMPLE, bytes: 20_480, format: 'csv' }, data: { digest: DIGEST_EXAMPLE, bytes: 9_216, rows: 442 }, report: exampleReport,
};
export const exampleDataset: DatasetView = { dataset: DIGEST_EXAMPLE, model: 'blood-pressure', fileName: 'diabetes.csv', rows: 442, bytes: 9_216, createdAt: INSTANT_EXAMPLE };
export const examplePrepared: PreparedView = {
  prepared: DIGEST_EXAMPLE, model: 'blood-pressure', dataset: DIGEST_EXAMPLE, manifest: DIGEST_EXAMPLE, rows: { train: 354, test: 88, dropped: 0 }, createdAt: INSTANT_EXAMPLE,
};
