/**
 * Natural logarithm of value + offset. The way back is exponential, so there is no affine map to original units.
 * The logarithm is JavaScript's everywhere (the data engine's differs in the last bit).
 */
import { Fault } from '@salus/fault';
import { z } from 'zod';
import { requireNumbers, type FittedColumn, type StepKind, type StepOf } from '../step';

export interface FittedLog extends FittedColumn {
  readonly offset: number;
}

export const log: StepKind<StepOf<'log'>, FittedLog> = {
  step: 'log',
  fittedColumn: z.strictObject({ column: z.string(), offset: z.number() }),
  fit(column, name, step) {
    logarithms(requireNumbers(column, name, 'log').values, name, step.offset);
    return { column: name, offset: step.offset };
  },
  apply: (column, fitted) => [
    [fitted.column, { kind: 'number', values: logarithms(requireNumbers(column, fitted.column, 'log').values, fitted.column, fitted.offset) }],
  ],
  affine: () => undefined,
};

/** ln(value + offset); a missing value stays missing. Throws Fault INVALID_DATA naming the row when the argument is not positive. */
function logarithms(values: Float64Array, name: string, offset: number): Float64Array {
  return values.map((value, row) => {
    const argument = value + offset;
    if (argument <= 0 || argument === Infinity) {
      throw new Fault(
        'INVALID_DATA',
        `row ${row}, column ${name}: the logarithm needs a finite value above ${-offset}; raise the offset or the column's minimum`,
        { row, column: name, expected: `a finite value above ${-offset}` },
      );
    }
    return Math.log(argument);
  });
}
