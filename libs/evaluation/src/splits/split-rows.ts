/**
 * Divides rows into training and test split by the manifest's rule. Sizes are exact, not expected: of m units (rows, or
 * patients) ⌊m · testFraction + ½⌋ are test units, at least 1 and at most m - 1. Both sides are in ascending row order.
 */
import type { SplitRule } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { seededRandom, shuffle } from '../random/random';
import { groupsOf, type GroupKeys } from './groups';

/** Row indices (0-based, ascending); every row is on exactly one side. */
export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

export interface SplitOptions {
  /** Integer 0 … 2^32 - 1. */
  readonly seed: number;
  /** The patient of each row, needed by the rule `patient`. */
  readonly patients?: GroupKeys;
}

/**
 * Splits `rowCount` rows.
 * @throws Fault TOO_FEW_ROWS when a side would be empty or there are fewer than 2 patients, INVALID_PARAMETERS when patients are needed and absent
 */
export function splitRows(rule: SplitRule, rowCount: number, { seed, patients }: SplitOptions): Split {
  if (rowCount < 2) throw new Fault('TOO_FEW_ROWS', `a split needs at least 2 rows; received ${rowCount}`, { expected: 2, received: rowCount });
  if (rule.by === 'index') return sides(rowCount, (row) => row % rule.every === rule.remainder);
  if (rule.by === 'random') {
    const test = drawTest(rowCount, rule.testFraction, seed);
    return sides(rowCount, (row) => test[row] === 1);
  }
  if (!patients) throw new Fault('INVALID_PARAMETERS', 'a split by patient needs the patient of each row', { parameter: 'patients' });
  const { groupOf, count } = groupsOf(patients, rowCount);
  if (count < 2) throw new Fault('TOO_FEW_ROWS', `a split by patient needs at least 2 patients; received ${count}`, { expected: 2, received: count });
  const test = drawTest(count, rule.testFraction, seed);
  return sides(rowCount, (row) => test[groupOf[row]] === 1);
}

/** 1 for each unit that is drawn for the test split. */
function drawTest(units: number, testFraction: number, seed: number): Uint8Array {
  if (!(testFraction > 0 && testFraction < 1)) {
    throw new Fault('INVALID_PARAMETERS', `testFraction is ${testFraction}; expected a number between 0 and 1`, {
      parameter: 'testFraction',
      received: testFraction,
    });
  }
  const size = Math.min(units - 1, Math.max(1, Math.round(units * testFraction)));
  const order = shuffle(
    Int32Array.from({ length: units }, (_, unit) => unit),
    seededRandom(seed, 'split'),
  );
  const test = new Uint8Array(units);
  for (const unit of order.subarray(0, size)) test[unit] = 1;
  return test;
}

function sides(rowCount: number, isTest: (row: number) => boolean): Split {
  const rows = Int32Array.from({ length: rowCount }, (_, row) => row);
  const test = rows.filter((row) => isTest(row));
  const train = rows.filter((row) => !isTest(row));
  if (train.length === 0 || test.length === 0) {
    throw new Fault('TOO_FEW_ROWS', `the ${train.length === 0 ? 'training' : 'test'} split would be empty with ${rowCount} rows`, { rows: rowCount });
  }
  return { train, test };
}
