/** Seeded assignment of rows to cross-validation folds of nearly equal size. */
import { Fault } from '@salus/fault';
import { seededRandom, shuffle } from '../random/random';
import { groupsOf, type GroupKeys } from './groups';

export interface FoldOptions {
  /** How many folds are wanted, at least 2; there are fewer when there are fewer rows or groups. */
  readonly folds: number;
  /** Integer 0 … 2^32 - 1. */
  readonly seed: number;
  /** The group (patient) of each row; a group lies in one fold. */
  readonly groups?: GroupKeys;
}

/**
 * The fold of each row, 0 … folds - 1, none empty. Without groups sizes differ by at most one row. With groups each, in
 * random order, goes to the fold that has the fewest rows so far.
 * @throws Fault TOO_FEW_ROWS with fewer than 2 rows or groups, INVALID_PARAMETERS when folds is not an integer from 2
 */
export function foldsOf(rowCount: number, { folds, seed, groups }: FoldOptions): Int32Array {
  if (!Number.isInteger(folds) || folds < 2) {
    throw new Fault('INVALID_PARAMETERS', `the number of folds is ${folds}; expected an integer from 2`, { parameter: 'folds', received: folds });
  }
  const { groupOf, count } = groupsOf(groups ?? Int32Array.from({ length: rowCount }, (_, row) => row), rowCount);
  if (count < 2) throw new Fault('TOO_FEW_ROWS', `folds need at least 2 ${groups ? 'patients' : 'rows'}; received ${count}`, { expected: 2, received: count });
  const sizes = new Int32Array(count);
  for (const group of groupOf) sizes[group]++;
  const rowsIn = new Float64Array(Math.min(folds, count));
  const foldOfGroup = new Int32Array(count);
  const order = shuffle(
    Int32Array.from({ length: count }, (_, group) => group),
    seededRandom(seed, 'folds'),
  );
  order.forEach((group, position) => {
    const fold = groups && position >= rowsIn.length ? rowsIn.indexOf(Math.min(...rowsIn)) : position % rowsIn.length;
    foldOfGroup[group] = fold;
    rowsIn[fold] += sizes[group];
  });
  return groupOf.map((group) => foldOfGroup[group]);
}
