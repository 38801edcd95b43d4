/** Random manifests with tables that fit them, for the properties that must hold for any model. */
import { manifestSchema, type Feature, type ModelManifest, type PipelineStep, type SplitRule } from '@salus/contracts';
import { tableOf, type Column, type Table } from '@salus/features';
import fc from 'fast-check';

const LEVELS = ['a', 'b', 'c'];
const MIN_ROWS = 12;
const MAX_ROWS = 40;

/** A manifest and a dataset as ingestion stores it: features, target, `row` and `patient`. */
export interface RandomModel {
  readonly manifest: ModelManifest;
  readonly table: Table;
}

interface RandomFeature {
  readonly feature: Feature;
  readonly steps: readonly PipelineStep[];
}

const stepsForMissing = (name: string, strategies: readonly ('mean' | 'median' | 'most-frequent')[]): fc.Arbitrary<PipelineStep> =>
  fc.oneof(
    fc.constant<PipelineStep>({ step: 'drop-missing', columns: [name] }),
    fc.constantFrom(...strategies).map((strategy): PipelineStep => ({ step: 'impute', columns: [name], strategy })),
  );

function numberFeature(name: string): fc.Arbitrary<RandomFeature> {
  const scaling = fc.subarray(['log', 'standardise', 'min-max'] as const);
  return fc.record({ missing: fc.constantFrom('refuse', 'allow'), fill: stepsForMissing(name, ['mean', 'median']), scaling }).map(({ missing, fill, scaling: steps }) => ({
    feature: { name, title: name, type: 'number', unit: '1', minimum: 0, maximum: 100, integer: false, missing } as Feature,
    steps: [...(missing === 'allow' ? [fill] : []), ...steps.map((step): PipelineStep => (step === 'log' ? { step, columns: [name], offset: 1 } : { step, columns: [name] }))],
  }));
}

function categoryFeature(name: string): fc.Arbitrary<RandomFeature> {
  return fc.record({ missing: fc.constantFrom('refuse', 'allow'), fill: stepsForMissing(name, ['most-frequent']), drop: fc.constantFrom('none', 'first') }).map(({ missing, fill, drop }) => ({
    feature: { name, title: name, type: 'category', levels: LEVELS, missing } as Feature,
    steps: [...(missing === 'allow' ? [fill] : []), { step: 'one-hot', columns: [name], drop } as PipelineStep],
  }));
}

const splits: fc.Arbitrary<SplitRule> = fc.oneof(
  fc.record({ by: fc.constant('index' as const), every: fc.integer({ min: 2, max: 5 }), remainder: fc.integer({ min: 0, max: 1 }) }),
  fc.record({ by: fc.constantFrom('random' as const, 'patient' as const), testFraction: fc.double({ min: 0.1, max: 0.6, noNaN: true }) }),
);

/** A value of the feature's column: a number, the index of a level, or missing where that is allowed. */
function columnOf({ feature }: RandomFeature, rows: number): fc.Arbitrary<Column> {
  const freq = feature.missing === 'allow' ? 4 : undefined;
  if (feature.type === 'category') {
    const code = freq ? fc.option(fc.integer({ min: 0, max: LEVELS.length - 1 }), { nil: -1, freq }) : fc.integer({ min: 0, max: LEVELS.length - 1 });
    return fc.array(code, { minLength: rows, maxLength: rows }).map((codes) => ({ kind: 'category', codes: Int32Array.from(codes), levels: LEVELS }));
  }
  const number = fc.double({ min: 0, max: 100, noNaN: true });
  return fc.array(freq ? fc.option(number, { nil: NaN, freq }) : number, { minLength: rows, maxLength: rows }).map((values) => ({ kind: 'number', values: Float64Array.from(values) }));
}

/** Models of up to six features, with every kind of step, and a table of 12 to 40 rows of up to eight patients. */
export const randomModels: fc.Arbitrary<RandomModel> = fc
  .record({ numbers: fc.integer({ min: 1, max: 4 }), categories: fc.integer({ min: 0, max: 2 }), rows: fc.integer({ min: MIN_ROWS, max: MAX_ROWS }) })
  .chain(({ numbers, categories, rows }) => {
    const features = [...Array.from({ length: numbers }, (_, i) => numberFeature(`x${i}`)), ...Array.from({ length: categories }, (_, i) => categoryFeature(`c${i}`))];
    return fc.record({ features: fc.tuple(...features), split: splits, seed: fc.nat(), rows: fc.constant(rows) });
  })
  .chain(({ features, split, seed, rows }) =>
    fc.record({
      manifest: fc.constant(manifestOf(features, split, seed)),
      columns: fc.tuple(...features.map((feature) => columnOf(feature, rows))),
      target: fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: rows, maxLength: rows }),
      patients: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: rows, maxLength: rows }),
    }),
  )
  .map(({ manifest, columns, target, patients }) => ({ manifest, table: tableFor(manifest, columns, { target, patients }) }));

function manifestOf(features: readonly RandomFeature[], split: SplitRule, seed: number): ModelManifest {
  const words = { title: 't', summary: 's', intendedUse: 'tests', notFor: 'anything else', source: { name: 'n', licence: 'l', citation: 'c' } };
  return manifestSchema.parse({
    schema: 'salus.model/1', id: 'random-model', ...words, service: 'prediction', task: 'regression', patient: 'patient', split, seed,
    features: features.map(({ feature }) => feature),
    target: { name: 'y', title: 'y', type: 'number', unit: '1', minimum: 0, maximum: 10 },
    pipeline: features.flatMap(({ steps }) => steps),
    learner: { algorithm: 'ols' },
    metrics: ['rmse'],
  });
}

function tableFor(manifest: ModelManifest, columns: readonly Column[], { target, patients }: { target: number[]; patients: number[] }): Table {
  const levels = Array.from({ length: 8 }, (_, at) => `pseudonym-${at}`);
  return tableOf([
    ['row', { kind: 'number', values: Float64Array.from(target, (_, row) => row) }],
    ...manifest.features.map(({ name }, at): [string, Column] => [name, columns[at]]),
    ['y', { kind: 'number', values: Float64Array.from(target) }],
    ['patient', { kind: 'category', codes: Int32Array.from(patients), levels }],
  ]);
}
