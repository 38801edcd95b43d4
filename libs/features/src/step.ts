/**
 * What a pipeline step is: fitted on the training split, kept as plain JSON, applied row by row. Because `apply` looks at
 * one row at a time and at nothing but the fitted data, a row alone and the same row in a batch get the same bits.
 */
import type { PipelineStep } from '@salus/contracts';
import { Fault } from '@salus/fault';
import type { z } from 'zod';
import type { CategoryColumn, Column, NumberColumn } from './table';

/** The manifest's definition of one step. */
export type StepOf<Name extends PipelineStep['step']> = Extract<PipelineStep, { step: Name }>;

/** What a step learned about one column: JSON values only; numbers survive `JSON.stringify` and `JSON.parse` exactly. */
export interface FittedColumn {
  readonly column: string;
}

/** The replacement of one column by others (one-hot makes several, most steps one). */
export type Replacement = readonly (readonly [name: string, column: Column])[];

/** Maps a transformed number back: original = transformed · scale + offset. */
export interface Affine {
  readonly scale: number;
  readonly offset: number;
}

/** A kind of step: how one column is fitted and applied. `Fitted` is what it learns about a column. */
export interface StepKind<Step extends PipelineStep = PipelineStep, Fitted extends FittedColumn = FittedColumn> {
  readonly step: Step['step'];
  /** The form of what it learns, checked when a stored pipeline is read. */
  readonly fittedColumn: z.ZodType<Fitted>;
  /** Learns from one column of the training split. */
  fit(column: Column, name: string, step: Step): Fitted;
  /** The columns that take this column's place. */
  apply(column: Column, fitted: Fitted): Replacement;
  /** Whether rows with a missing value in the column are dropped instead of the column being replaced. */
  readonly dropsRows?: boolean;
  /** The way back to the units before this step; undefined where there is no affine one. */
  affine(fitted: Fitted): Affine | undefined;
}

export const IDENTITY: Affine = { scale: 1, offset: 0 };

/**
 * The number column of that name.
 * @throws Fault INVALID_PARAMETERS when it is a category
 */
export function requireNumbers(column: Column, name: string, step: string): NumberColumn {
  if (column.kind === 'number') return column;
  throw new Fault('INVALID_PARAMETERS', `step ${step} needs a number column; ${name} is a category (encode it with one-hot first)`, { step, column: name });
}

/**
 * The category column of that name.
 * @throws Fault INVALID_PARAMETERS when it holds numbers
 */
export function requireCategory(column: Column, name: string, step: string): CategoryColumn {
  if (column.kind === 'category') return column;
  throw new Fault('INVALID_PARAMETERS', `step ${step} needs a category column; ${name} holds numbers`, { step, column: name });
}

/**
 * The values to learn from.
 * @throws Fault INVALID_DATA when every value is missing, NOT_FINITE when one is infinite
 */
export function requirePresent(values: Float64Array, name: string, step: string): Float64Array {
  if (values.length === 0) {
    throw new Fault('INVALID_DATA', `step ${step} cannot learn from column ${name}: it has no value in the training rows`, { step, column: name });
  }
  if (!values.every(Number.isFinite))
    throw new Fault('NOT_FINITE', `column ${name} holds an infinite number; step ${step} needs finite ones`, { step, column: name });
  return values;
}

/** A number that reads back from JSON with the same bits: -0, which JSON has no text for, becomes 0. */
export function jsonNumber(value: number): number {
  return value + 0;
}
