import { z } from 'zod';
import { defineOperation } from '../define';
import { featureSchema } from '../manifest';
import { digest, DIGEST_EXAMPLE, modelId, versionNumber } from '../scalars';
import { coefficient, exampleVersion, metricValue } from '../version-view';
import { featureRow } from './predict';

export const describeModel = defineOperation({
  subject: 'prediction.v1.describe-model',
  summary: 'What a model takes and gives: features with units and ranges, JSON Schema of a row, metrics, intended use, an example row.',
  request: z.strictObject({ model: modelId }),
  reply: z.strictObject({
    model: modelId,
    version: versionNumber,
    artifact: digest,
    title: z.string(),
    summary: z.string(),
    task: z.string(),
    intendedUse: z.string(),
    notFor: z.string(),
    features: z.array(featureSchema),
    target: z.strictObject({ name: z.string(), title: z.string(), unit: z.string() }),
    level: z.number(),
    metrics: z.array(metricValue),
    coefficients: z.array(coefficient).nullable(),
    /** JSON Schema 2020-12 of one row. */
    rowSchema: z.record(z.string(), z.unknown()),
    exampleRow: featureRow,
  }),
  example: {
    request: { model: 'blood-pressure' },
    reply: {
      model: 'blood-pressure', version: 1, artifact: DIGEST_EXAMPLE, title: 'Mean blood pressure', summary: 'Mean arterial pressure from age, sex and two blood values.',
      task: 'regression', intendedUse: 'Teaching and testing.', notFor: 'Any decision about a patient.',
      features: [{ name: 'age', title: 'Age', type: 'number', unit: 'a', minimum: 0, maximum: 120, integer: false, missing: 'refuse' }],
      target: { name: 'bp', title: 'Mean arterial pressure', unit: 'mm[Hg]' }, level: 0.9, metrics: exampleVersion.metrics, coefficients: exampleVersion.coefficients,
      rowSchema: { type: 'object' }, exampleRow: { age: 59 },
    },
  },
  idempotent: true,
  faults: ['UNKNOWN_MODEL'],
});
