/**
 * One 0/1 column per level of a category, named `<feature>=<level>`. With `drop: first` the first level is the reference
 * and gets no column, which an unpenalised linear model needs: all levels together add up to the intercept.
 * The levels are those of the manifest, also when the training rows hold only some of them, so that the columns do not
 * depend on chance. A missing category is missing in all its columns.
 */
import { z } from 'zod';
import { IDENTITY, requireCategory, type FittedColumn, type StepKind, type StepOf } from '../step';

export interface FittedOneHot extends FittedColumn {
  readonly levels: readonly string[];
  readonly drop: 'none' | 'first';
}

export const oneHot: StepKind<StepOf<'one-hot'>, FittedOneHot> = {
  step: 'one-hot',
  fittedColumn: z.strictObject({ column: z.string(), levels: z.array(z.string()), drop: z.enum(['none', 'first']) }),
  fit: (column, name, step) => ({ column: name, levels: requireCategory(column, name, 'one-hot').levels, drop: step.drop }),
  apply(column, { column: name, levels, drop }) {
    const { codes } = requireCategory(column, name, 'one-hot');
    return levels.flatMap((level, code) => {
      if (drop === 'first' && code === 0) return [];
      const values = Float64Array.from(codes, (present) => (present < 0 ? NaN : Number(present === code)));
      return [[`${name}=${level}`, { kind: 'number', values }] as const];
    });
  },
  affine: () => IDENTITY,
};
