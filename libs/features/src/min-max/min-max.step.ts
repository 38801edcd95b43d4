/**
 * (value - minimum) / (maximum - minimum) of the training rows, so that these fall into 0 … 1; a later row may fall
 * outside and is not clipped. A column whose range is below ten times the float64 epsilon counts as constant and gets scale 1,
 * as with scikit-learn's MinMaxScaler.
 */
import { z } from 'zod';
import { presentValues } from '../column-statistics';
import { jsonNumber, requireNumbers, requirePresent, type FittedColumn, type StepKind, type StepOf } from '../step';

export interface FittedMinMax extends FittedColumn {
  readonly minimum: number;
  /** maximum - minimum, or 1 when they are equal to within {@link CONSTANT_RANGE}. */
  readonly scale: number;
}

const CONSTANT_RANGE = 10 * Number.EPSILON;

export const minMax: StepKind<StepOf<'min-max'>, FittedMinMax> = {
  step: 'min-max',
  fittedColumn: z.strictObject({ column: z.string(), minimum: z.number(), scale: z.number().positive() }),
  fit(column, name) {
    const present = requirePresent(presentValues(requireNumbers(column, name, 'min-max').values), name, 'min-max');
    const minimum = present.reduce((least, value) => Math.min(least, value));
    const maximum = present.reduce((most, value) => Math.max(most, value));
    return { column: name, minimum: jsonNumber(minimum), scale: maximum - minimum < CONSTANT_RANGE ? 1 : maximum - minimum };
  },
  apply(column, { column: name, minimum, scale }) {
    return [[name, { kind: 'number', values: requireNumbers(column, name, 'min-max').values.map((value) => (value - minimum) / scale) }]];
  },
  affine: ({ minimum, scale }) => ({ scale, offset: minimum }),
};
