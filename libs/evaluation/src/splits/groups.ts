/** Numbers the groups (patients) of rows, so that splits and folds can keep a group together. */
import { Fault } from '@salus/fault';

/** One key per row; equal keys belong together. */
export type GroupKeys = ArrayLike<string | number>;

export interface Groups {
  /** Group number of each row, 0-based in order of first appearance. */
  readonly groupOf: Int32Array;
  readonly count: number;
}

/**
 * The groups of `rowCount` rows.
 * @throws Fault SHAPE_MISMATCH when there is not one key per row, INVALID_DATA when a key is empty, negative or no number (rows
 *   of unknown patients cannot be kept apart)
 */
export function groupsOf(keys: GroupKeys, rowCount: number): Groups {
  if (keys.length !== rowCount)
    throw new Fault('SHAPE_MISMATCH', `${keys.length} patient keys for ${rowCount} rows`, { expected: rowCount, received: keys.length });
  const numbers = new Map<string | number, number>();
  const groupOf = Int32Array.from({ length: rowCount }, (_, row) => {
    const key = keys[row];
    const known = typeof key === 'string' ? key.length > 0 : typeof key === 'number' && key >= 0;
    if (!known) throw new Fault('INVALID_DATA', `row ${row} names no patient; a split by patient needs one for every row`, { row });
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key)!;
  });
  return { groupOf, count: numbers.size };
}
