/**
 * Fills missing values with one value learned from the training rows: mean, median or most frequent (definitions of
 * scikit-learn's SimpleImputer: of several most frequent ones the smallest, for categories the first in text order), or
 * with a constant. A single value hides how uncertain it is; a model card should say how much was filled.
 */
import { Fault } from '@salus/fault';
import { z } from 'zod';
import { meanOf, medianOf, mostFrequentOf, presentValues } from '../column-statistics';
import { IDENTITY, jsonNumber, requirePresent, type FittedColumn, type StepKind, type StepOf } from '../step';
import type { CategoryColumn, NumberColumn } from '../table';

type ImputeStep = StepOf<'impute'>;

export interface FittedImpute extends FittedColumn {
  /** The number, or the level of a category, that takes the place of a missing value. */
  readonly value: number | string;
}

export const impute: StepKind<ImputeStep, FittedImpute> = {
  step: 'impute',
  fittedColumn: z.strictObject({ column: z.string(), value: z.union([z.number(), z.string()]) }),
  fit: (column, name, step) => ({ column: name, value: column.kind === 'number' ? numberFor(column, name, step) : levelFor(column, name, step) }),
  apply(column, fitted) {
    if (column.kind === 'number') {
      const value = fitted.value as number;
      return [[fitted.column, { kind: 'number', values: column.values.map((present) => (Number.isNaN(present) ? value : present)) }]];
    }
    const code = column.levels.indexOf(fitted.value as string);
    return [[fitted.column, { ...column, codes: column.codes.map((present) => (present < 0 ? code : present)) }]];
  },
  affine: () => IDENTITY,
};

function numberFor(column: NumberColumn, name: string, step: ImputeStep): number {
  if (step.strategy === 'constant') {
    if (typeof step.value !== 'number' || !Number.isFinite(step.value)) throw wrongConstant(name, 'a finite number');
    return jsonNumber(step.value);
  }
  const present = requirePresent(presentValues(column.values), name, 'impute');
  const statistic = { mean: meanOf, median: medianOf, 'most-frequent': mostFrequentOf }[step.strategy];
  return jsonNumber(statistic(present));
}

function levelFor(column: CategoryColumn, name: string, step: ImputeStep): string {
  if (step.strategy === 'constant') {
    if (typeof step.value !== 'string' || !column.levels.includes(step.value)) throw wrongConstant(name, 'one of the levels of the category');
    return step.value;
  }
  if (step.strategy !== 'most-frequent') {
    throw new Fault('INVALID_PARAMETERS', `impute cannot take the ${step.strategy} of ${name}: it is a category; expected most-frequent or constant`, {
      column: name,
      strategy: step.strategy,
    });
  }
  const counts = new Map<string, number>();
  for (const code of column.codes) if (code >= 0) counts.set(column.levels[code], (counts.get(column.levels[code]) ?? 0) + 1);
  const ranked = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  if (ranked.length === 0)
    throw new Fault('INVALID_DATA', `step impute cannot learn from column ${name}: it has no value in the training rows`, { step: 'impute', column: name });
  return ranked[0][0];
}

function wrongConstant(name: string, expected: string): Fault {
  return new Fault('INVALID_PARAMETERS', `the constant for column ${name} does not fit; expected ${expected}`, { column: name, expected });
}
