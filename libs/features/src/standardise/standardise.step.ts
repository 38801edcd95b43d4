/**
 * (value - mean) / population standard deviation of the training rows, as scikit-learn's StandardScaler: missing values
 * are left out of both and stay missing, and a column that is constant to within rounding gets scale 1.
 */
import { z } from 'zod';
import { meanOf, presentValues, varianceOf } from '../column-statistics';
import { jsonNumber, requireNumbers, requirePresent, type FittedColumn, type StepKind, type StepOf } from '../step';

export interface FittedStandardise extends FittedColumn {
  readonly mean: number;
  /** Above 0. */
  readonly scale: number;
}

export const standardise: StepKind<StepOf<'standardise'>, FittedStandardise> = {
  step: 'standardise',
  fittedColumn: z.strictObject({ column: z.string(), mean: z.number(), scale: z.number().positive() }),
  fit(column, name) {
    const present = requirePresent(presentValues(requireNumbers(column, name, 'standardise').values), name, 'standardise');
    const mean = meanOf(present);
    const variance = varianceOf(present, mean);
    return { column: name, mean: jsonNumber(mean), scale: isConstant(variance, mean, present.length) ? 1 : Math.sqrt(variance) };
  },
  apply(column, { column: name, mean, scale }) {
    return [[name, { kind: 'number', values: requireNumbers(column, name, 'standardise').values.map((value) => (value - mean) / scale) }]];
  },
  affine: ({ mean, scale }) => ({ scale, offset: mean }),
};

/** Whether the variance is what rounding alone makes of a constant column (scikit-learn, `_is_constant_feature`). */
function isConstant(variance: number, mean: number, count: number): boolean {
  return variance <= count * Number.EPSILON * variance + (count * mean * Number.EPSILON) ** 2;
}
