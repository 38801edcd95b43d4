/**
 * The preprocessing pipeline: fitted once on the training rows, then applied to any table by one function. Batch,
 * evaluation and a single request go through {@link applyPipeline}, so that all get the same bits.
 * The fitted pipeline is plain JSON and is stored with the model version.
 */
import type { PipelineStep } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { z } from 'zod';
import { STEP_NAMES, stepKind } from './steps';
import type { FittedColumn } from './step';
import { columnOf, isMissing, tableOf, takeRows, type Column, type Table } from './table';

const inputSchema = z.discriminatedUnion('kind', [
  z.strictObject({ name: z.string(), kind: z.literal('number') }),
  z.strictObject({ name: z.string(), kind: z.literal('category'), levels: z.array(z.string()) }),
]);

const fittedPipelineSchema = z.strictObject({
  schema: z.literal('salus.pipeline/1'),
  /** The columns it takes, in order; other columns of a table are ignored. */
  inputs: z.array(inputSchema),
  steps: z.array(
    z.strictObject({ step: z.enum(STEP_NAMES), columns: z.array(z.looseObject({ column: z.string() })) }).superRefine((fitted, context) => {
      fitted.columns.forEach((column, at) => {
        const parsed = stepKind(fitted.step).fittedColumn.safeParse(column);
        if (!parsed.success) context.addIssue({ code: 'custom', path: ['columns', at], message: parsed.error.issues[0].message });
      });
    }),
  ),
  /** The columns it gives, in order, each with the feature it comes from. */
  outputs: z.array(z.strictObject({ name: z.string(), feature: z.string() })),
});

/** A fitted pipeline: plain JSON values, immutable by convention. */
export type FittedPipeline = z.output<typeof fittedPipelineSchema>;
type FittedStep = FittedPipeline['steps'][number];

/** A transformed table and which rows of the original it holds (0-based, ascending). */
export interface Transformed {
  readonly table: Table;
  readonly keptRows: Int32Array;
}

/**
 * Reads a stored pipeline back.
 * @throws Fault INTEGRITY when it is not one
 */
export function parsePipeline(value: unknown): FittedPipeline {
  const parsed = fittedPipelineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 10).map((issue) => ({ path: issue.path.join('.'), expected: issue.message }));
  throw new Fault('INTEGRITY', `the stored pipeline does not have its form: ${issues[0].path}: ${issues[0].expected}`, { issues });
}

/**
 * Fits the steps in order, each on what the steps before it made of the table.
 *
 * @param steps the manifest's pipeline
 * @param table the feature columns of the training rows, and nothing else: target and patient are no features
 * @throws Fault TOO_FEW_ROWS when no row is left, INVALID_PARAMETERS when a step does not fit its column, INVALID_DATA when a column cannot be learned from
 */
export function fitPipeline(steps: readonly PipelineStep[], table: Table): FittedPipeline {
  const inputs = Object.entries(table.columns).map(([name, column]) =>
    column.kind === 'number' ? { name, kind: column.kind } : { name, kind: column.kind, levels: [...column.levels] },
  );
  const features = new Map(inputs.map(({ name }) => [name, name]));
  const fittedSteps: FittedStep[] = [];
  let current = table;
  for (const step of steps) {
    if (current.rowCount === 0) throw new Fault('TOO_FEW_ROWS', `no row is left before step ${step.step}; the pipeline cannot be fitted`, { step: step.step });
    const fitted = fitStep(step, current);
    for (const { column } of fitted.columns) {
      for (const [output] of stepKind(step.step).apply(
        emptyLike(columnOf(current, column)),
        fitted.columns.find((entry) => entry.column === column)!,
      )) {
        features.set(output, features.get(column)!);
      }
    }
    fittedSteps.push(fitted);
    current = applyStep(fitted, current).table;
  }
  if (current.rowCount === 0) throw new Fault('TOO_FEW_ROWS', 'no row is left after the pipeline; every row misses a value that drop-missing asks for', {});
  const outputs = Object.keys(current.columns).map((name) => ({ name, feature: features.get(name)! }));
  return { schema: 'salus.pipeline/1', inputs, steps: fittedSteps, outputs };
}

/**
 * Applies a fitted pipeline to a table of any number of rows; a row gets the same bits alone and in any batch.
 *
 * @param fitted from {@link fitPipeline}
 * @param table holds at least the pipeline's input columns; others are ignored
 * @returns the transformed columns and the rows that drop-missing kept
 * @throws Fault SHAPE_MISMATCH when an input column is absent or of another kind, INVALID_DATA when a value has no transform
 */
export function applyPipeline(fitted: FittedPipeline, table: Table): Transformed {
  let current = tableOf(
    fitted.inputs.map((input): [string, Column] => [input.name, alignTo(input, columnOf(table, input.name))]),
    table.rowCount,
  );
  let keptRows = Int32Array.from({ length: table.rowCount }, (_, row) => row);
  for (const step of fitted.steps) {
    const applied = applyStep(step, current);
    current = applied.table;
    if (applied.kept) keptRows = applied.kept.map((row) => keptRows[row]);
  }
  return { table: current, keptRows };
}

function fitStep(step: PipelineStep, table: Table): FittedStep {
  if (new Set(step.columns).size !== step.columns.length) {
    throw new Fault('INVALID_PARAMETERS', `step ${step.step} names a column twice: ${step.columns.join(', ')}`, { step: step.step, columns: step.columns });
  }
  const columns = step.columns.map((name) => stepKind(step.step).fit(columnOf(table, name), name, step));
  return { step: step.step, columns: columns.map((column) => ({ ...column })) };
}

function applyStep({ step, columns }: FittedStep, table: Table): { table: Table; kept?: Int32Array } {
  const kind = stepKind(step);
  if (kind.dropsRows) {
    const watched = columns.map(({ column }) => columnOf(table, column));
    const kept = Int32Array.from({ length: table.rowCount }, (_, row) => row).filter((row) => !watched.some((column) => isMissing(column, row)));
    return kept.length === table.rowCount ? { table } : { table: takeRows(table, kept), kept };
  }
  const learned = new Map<string, FittedColumn>(columns.map((column) => [column.column, column]));
  for (const name of learned.keys()) columnOf(table, name);
  const replaced = Object.entries(table.columns).flatMap(([name, column]): (readonly [string, Column])[] => {
    const fitted = learned.get(name);
    return fitted ? [...kind.apply(column, fitted)] : [[name, column]];
  });
  return { table: tableOf(replaced, table.rowCount) };
}

/** The column with the levels that the pipeline was fitted with; codes are translated by the name of the level. */
function alignTo(input: FittedPipeline['inputs'][number], column: Column): Column {
  if (input.kind !== column.kind) {
    throw new Fault('SHAPE_MISMATCH', `column ${input.name} is a ${column.kind}; the pipeline was fitted on a ${input.kind}`, {
      column: input.name,
      expected: input.kind,
      received: column.kind,
    });
  }
  if (input.kind === 'number' || column.kind === 'number') return column;
  const levels = input.levels;
  if (levels.length === column.levels.length && levels.every((level, code) => level === column.levels[code])) return column;
  const codeOf = column.levels.map((level) => levels.indexOf(level));
  const codes = column.codes.map((code, row) => {
    if (code >= 0 && codeOf[code] < 0) {
      throw new Fault('INVALID_DATA', `row ${row}, column ${input.name}: a level that the pipeline was not fitted with; expected one of ${levels.join(', ')}`, {
        row,
        column: input.name,
        expected: levels,
      });
    }
    return code < 0 ? -1 : codeOf[code];
  });
  return { kind: 'category', codes, levels };
}

function emptyLike(column: Column): Column {
  return column.kind === 'number' ? { kind: 'number', values: new Float64Array(0) } : { ...column, codes: new Int32Array(0) };
}
