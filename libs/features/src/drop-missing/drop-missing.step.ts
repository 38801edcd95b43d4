/**
 * Drops the rows that miss a value in the named columns. A row is looked at alone, so the rule is the same in a batch and
 * at serving; there a dropped row could not be answered, therefore `tableFromRows` refuses it by name beforehand.
 */
import { z } from 'zod';
import { IDENTITY, type FittedColumn, type StepKind, type StepOf } from '../step';

export const dropMissing: StepKind<StepOf<'drop-missing'>, FittedColumn> = {
  step: 'drop-missing',
  fittedColumn: z.strictObject({ column: z.string() }),
  dropsRows: true,
  fit: (_column, name) => ({ column: name }),
  apply: (column, fitted) => [[fitted.column, column]],
  affine: () => IDENTITY,
};
