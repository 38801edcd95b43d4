/**
 * Model folders and data made from a seed: two numbers of which one may be missing, a category that may be missing, a patient column, split by
 * patient, least squares. For suites that need many distinct jobs, or jobs that take a while.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@salus/evaluation';

/** What is made. */
export interface MadeModelOptions {
  /** The copy of `models/` of a platform. */
  readonly modelsFolder: string;
  readonly id: string;
  /** Seed of the data and of the manifest; 32 bits. */
  readonly seed: number;
  readonly rows: number;
}

/** What was made. */
export interface MadeModel {
  readonly id: string;
  /** The CSV file. */
  readonly path: string;
}

const LEVELS = ['home', 'clinic', 'ward'];
const ROWS_PER_PATIENT = 3;
const MISSING_FRACTION = 0.1;

/** Writes `<id>/model.json` and `<id>/data/rows.csv`. */
export function makeModel({ modelsFolder, id, seed, rows }: MadeModelOptions): MadeModel {
  const folder = join(modelsFolder, id);
  const path = join(folder, 'data', 'rows.csv');
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(path, csvOf(seed, rows));
  writeFileSync(join(folder, 'model.json'), JSON.stringify(manifestOf(id, seed), null, 2));
  return { id, path };
}

/** The rows as CSV text; the same seed gives the same text. */
export function csvOf(seed: number, rows: number): string {
  const random = seededRandom(seed, 'made rows');
  const lines = Array.from({ length: rows }, (_, row) => {
    const [age, dose] = [20 + 60 * random.unit(), 10 * random.unit()];
    const level = random.below(LEVELS.length);
    const days = 5 + 0.1 * age - 0.3 * dose + 2 * level + 4 * random.unit();
    const shown = (text: string): string => (random.unit() < MISSING_FRACTION ? '' : text);
    return `P${Math.floor(row / ROWS_PER_PATIENT)},${age.toFixed(3)},${shown(dose.toFixed(4))},${shown(LEVELS[level])},${days.toFixed(3)}`;
  });
  return `patient,age,dose,place,days\n${lines.join('\n')}\n`;
}

function manifestOf(id: string, seed: number): object {
  const number = { type: 'number', minimum: 0, maximum: 200 };
  return {
    schema: 'salus.model/1',
    id,
    title: `Made model ${id}`,
    summary: 'A model over made data.',
    service: 'prediction',
    task: 'regression',
    intendedUse: 'Tests of the platform.',
    notFor: 'Anything else.',
    source: { name: 'Made from a seed', licence: 'MIT', citation: 'none' },
    data: { file: 'data/rows.csv', format: 'csv' },
    features: [
      { ...number, name: 'age', title: 'Age', unit: 'a' },
      { ...number, name: 'dose', title: 'Dose', unit: 'mg', missing: 'allow' },
      { name: 'place', title: 'Place', type: 'category', levels: LEVELS, missing: 'allow' },
    ],
    target: { ...number, name: 'days', title: 'Days', unit: 'd' },
    patient: 'patient',
    pipeline: [
      { step: 'impute', columns: ['dose'], strategy: 'median' },
      { step: 'impute', columns: ['place'], strategy: 'most-frequent' },
      { step: 'standardise', columns: ['age', 'dose'] },
      { step: 'one-hot', columns: ['place'] },
    ],
    split: { by: 'patient', testFraction: 0.2 },
    learner: { algorithm: 'ols', parameters: {} },
    metrics: ['mse', 'r2'],
    seed,
  };
}
