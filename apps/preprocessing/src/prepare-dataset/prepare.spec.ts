import type { ModelManifest } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { applyPipeline, columnOf, isMissing, parsePipeline, requiredByPipeline, tableFromRows, tableOf, takeRows, type Column, type Row, type Table } from '@salus/features';
import fc from 'fast-check';
import { TEST, TRAIN, prepare, type Preparation } from './prepare';
import { randomModels, type RandomModel } from './random-model.conformance';

const RUNS = 150;
/** What random data may well be too poor for; the property is then tried with other data. */
const TOO_POOR = new Set(['TOO_FEW_ROWS', 'INVALID_DATA']);

function prepared({ manifest, table }: RandomModel): Preparation {
  try {
    return prepare(manifest, table);
  } catch (error) {
    fc.pre(!(Fault.is(error) && TOO_POOR.has(error.code)));
    throw error;
  }
}

const integers = ({ table }: Preparation, name: string): Int32Array => (table.columns[name] as { values: Int32Array }).values;
const rowsOn = (made: Preparation, side: number): number[] => [...integers(made, 'split').keys()].filter((at) => integers(made, 'split')[at] === side);

/** The feature columns of the prepared rows, before the pipeline. */
function featuresOf(manifest: ModelManifest, { table }: Preparation): Table {
  return tableOf(manifest.features.map(({ name }) => [name, table.columns[name] as Column] as const));
}

/** Every bit of a table: numbers as the bytes that hold them. */
function bitsOf(table: Table): unknown {
  const hexOf = (column: Column): string => Buffer.from((column.kind === 'number' ? column.values : column.codes).slice().buffer).toString('hex');
  return Object.entries(table.columns).map(([name, column]) => [name, column.kind, hexOf(column)]);
}

/** A row as a client would send it. */
function clientRow(manifest: ModelManifest, table: Table, row: number): Row {
  return Object.fromEntries(
    manifest.features.map(({ name }) => {
      const column = columnOf(table, name);
      if (isMissing(column, row)) return [name, null];
      return [name, column.kind === 'number' ? column.values[row] : column.levels[column.codes[row]]];
    }),
  );
}

describe('preparing a dataset', () => {
  it('stores a pipeline that gives a row alone, from a client’s JSON, the bits that it has in the batch', () => {
    fc.assert(
      fc.property(randomModels, (model) => {
        const made = prepared(model);
        const { manifest } = model;
        const pipeline = parsePipeline(JSON.parse(JSON.stringify(made.pipeline)));
        const features = featuresOf(manifest, made);
        const batch = applyPipeline(pipeline, features);
        expect(batch.keptRows).toHaveLength(features.rowCount);
        for (let row = 0; row < features.rowCount; row++) {
          const sent = JSON.parse(JSON.stringify(clientRow(manifest, features, row))) as Row;
          const alone = applyPipeline(pipeline, tableFromRows(manifest.features, [sent], requiredByPipeline(manifest.pipeline)));
          expect(bitsOf(alone.table)).toEqual(bitsOf(takeRows(batch.table, [row])));
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('fits the pipeline on the training rows alone: other values in the test rows change nothing of it', () => {
    fc.assert(
      fc.property(randomModels, fc.double({ min: 0, max: 100, noNaN: true }), (model, value) => {
        const made = prepared(model);
        const isTest = new Set(rowsOn(made, TEST).map((at) => integers(made, 'row')[at]));
        const changed = Object.entries(model.table.columns).map(([name, column]): [string, Column] => {
          if (!model.manifest.features.some((feature) => feature.name === name)) return [name, column];
          if (column.kind === 'category') return [name, { ...column, codes: column.codes.map((code, row) => (isTest.has(row) && code >= 0 ? 0 : code)) }];
          return [name, { ...column, values: column.values.map((old, row) => (isTest.has(row) && !Number.isNaN(old) ? value : old)) }];
        });
        expect(prepare(model.manifest, tableOf(changed)).pipeline).toEqual(made.pipeline);
      }),
      { numRuns: RUNS },
    );
  });

  it('puts every row on one side, drops those that the manifest drops, and counts them', () => {
    fc.assert(
      fc.property(randomModels, (model) => {
        const made = prepared(model);
        const required = [...requiredByPipeline(model.manifest.pipeline)].map((name) => columnOf(model.table, name));
        const kept = [...Array(model.table.rowCount).keys()].filter((row) => !required.some((column) => isMissing(column, row)));
        expect([...integers(made, 'row')]).toEqual(kept);
        expect(made.rows).toEqual({ train: rowsOn(made, TRAIN).length, test: rowsOn(made, TEST).length, dropped: model.table.rowCount - kept.length });
        expect(made.rows.train + made.rows.test).toBe(kept.length);
        expect(made.rows.train * made.rows.test).toBeGreaterThan(0);
      }),
      { numRuns: RUNS },
    );
  });

  it('follows the rule of the split: by index after rows were dropped, by patient with no patient on both sides', () => {
    fc.assert(
      fc.property(randomModels, (model) => {
        const made = prepared(model);
        const { split } = model.manifest;
        if (split.by === 'index') expect(rowsOn(made, TEST)).toEqual([...Array(made.table.rowCount).keys()].filter((at) => at % split.every === split.remainder));
        if (split.by !== 'patient') return;
        const { codes } = made.table.columns.patient as { codes: Int32Array };
        const trained = new Set(rowsOn(made, TRAIN).map((at) => codes[at]));
        expect(rowsOn(made, TEST).filter((at) => trained.has(codes[at]))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('gives the same bits for the same dataset, and another split for another seed', () => {
    const isRich = ({ manifest, table }: RandomModel): boolean =>
      manifest.split.by === 'random' && table.rowCount > 30 && manifest.pipeline.every(({ step }) => step !== 'drop-missing');
    const [model] = fc.sample(randomModels.filter(isRich), { numRuns: 1, seed: 7 });
    const seeded = (seed: number): Preparation => prepare({ ...model.manifest, seed }, model.table);
    expect(seeded(1)).toEqual(seeded(1));
    expect(integers(seeded(1), 'split')).not.toEqual(integers(seeded(2), 'split'));
  });

  it('refuses what leaves a side empty', () => {
    const model = fc.sample(randomModels, { numRuns: 1, seed: 7 })[0];
    const manifest: ModelManifest = { ...model.manifest, pipeline: [], split: { by: 'index', every: 5, remainder: 4 } };
    expect(() => prepare(manifest, takeRows(model.table, [0, 1, 2]))).toThrow(expect.objectContaining({ code: 'TOO_FEW_ROWS' }));
  });

  it('refuses a patient column of numbers, which would split nobody by patient', () => {
    const model = fc.sample(randomModels, { numRuns: 1, seed: 7 })[0];
    const table = tableOf(Object.entries(model.table.columns).map(([name, column]): [string, Column] => (name === 'patient' ? [name, model.table.columns.y] : [name, column])));
    expect(() => prepare(model.manifest, table)).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH', details: { column: 'patient' } }));
  });
});
