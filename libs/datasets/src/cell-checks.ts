/**
 * The check of one cell against its entry in the manifest, one class for each type of column. A check writes the value it reads
 * into its own batch, counts what it finds, and never keeps or tells a value that it refuses.
 * A missing value is an empty cell, white space only, or `NA`, `N/A`, `null` in any case; a level of that name wins over it.
 */
import type { DataReport, Feature } from '@salus/contracts';
import { LevelIndex } from './level-index';
import { parseNumber } from './number-text';
import { BATCH_ROWS, type StageColumn } from './stage-table';

export type IssueKind = DataReport['issues'][number]['kind'];
export type ColumnReport = DataReport['columns'][number];
type NumberFeature = Extract<Feature, { type: 'number' }>;
type CategoryFeature = Extract<Feature, { type: 'category' }>;

/** Where a cell lies: bytes without the quotes around it, and the slot of the batch its value goes to. One object is used for all cells. */
export interface CellPlace {
  bytes: Buffer;
  start: number;
  end: number;
  /** Whether a quote inside is written twice. */
  escaped: boolean;
  slot: number;
}

/** What every check has. */
export interface CellCheck {
  readonly name: string;
  /** The batch that `read` fills. */
  readonly column: StageColumn;
  /** Reads a cell; null when there is nothing to say about it. */
  read(place: CellPlace): IssueKind | null;
  /** What a report says was expected. */
  expected(kind: IssueKind): string;
  report(): ColumnReport;
}

const SPACE = 32;
const LETTERS_AND_SLASH = { n: 110, a: 97, slash: 47, u: 117, l: 108 };

/** Whether the trimmed range is one of the words for a missing value. */
function isMissingText(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0) return true;
  const { n, a, slash, u, l } = LETTERS_AND_SLASH;
  if (length > 4 || (bytes[start] | SPACE) !== n) return false;
  const lower = (at: number): number => bytes[start + at] | SPACE;
  if (length === 2) return lower(1) === a;
  if (length === 3) return bytes[start + 1] === slash && lower(2) === a;
  return length === 4 && lower(1) === u && lower(2) === l && lower(3) === l;
}

/** Narrows a place to what is left without white space at both ends. */
function trim(place: CellPlace): void {
  const { bytes } = place;
  while (place.start < place.end && bytes[place.start] <= SPACE) place.start++;
  while (place.end > place.start && bytes[place.end - 1] <= SPACE) place.end--;
}

function textOf(place: CellPlace): string {
  const text = place.bytes.toString('utf8', place.start, place.end);
  return place.escaped ? text.replaceAll('""', '"') : text;
}

abstract class CountingCheck {
  protected missing = 0;
  protected wrongType = 0;
  protected outOfRange = 0;
  protected unknownLevel = 0;

  constructor(readonly name: string, private readonly refusesMissing: boolean) {}

  protected countMissing(): IssueKind | null {
    this.missing++;
    return this.refusesMissing ? 'missing' : null;
  }

  protected counts(): Pick<ColumnReport, 'name' | 'missing' | 'wrongType' | 'outOfRange' | 'unknownLevel'> {
    const { name, missing, wrongType, outOfRange, unknownLevel } = this;
    return { name, missing, wrongType, outOfRange, unknownLevel };
  }
}

/** A number column: a finite decimal number, whole where the manifest says so, within its range. */
export class NumberCheck extends CountingCheck implements CellCheck {
  private readonly values = new Float64Array(BATCH_ROWS);
  readonly column: StageColumn;

  /** @param required whether a missing value refuses the file whatever the entry says; so for the target */
  constructor(private readonly entry: NumberFeature, required: boolean) {
    super(entry.name, required || entry.missing === 'refuse');
    this.column = { name: entry.name, kind: 'number', values: this.values };
  }

  read(place: CellPlace): IssueKind | null {
    trim(place);
    const { bytes, start, end, slot } = place;
    const value = start < end ? parseNumber(bytes, start, end) : NaN;
    this.values[slot] = value;
    if (Number.isNaN(value) && isMissingText(bytes, start, end)) return this.countMissing();
    if (!Number.isFinite(value) || (this.entry.integer && !Number.isInteger(value))) {
      this.wrongType++;
      return 'wrong-type';
    }
    if (value >= this.entry.minimum && value <= this.entry.maximum) return null;
    this.outOfRange++;
    return 'out-of-range';
  }

  expected(kind: IssueKind): string {
    const { integer, minimum, maximum, unit } = this.entry;
    const noun = integer ? 'a whole number' : 'a number';
    if (kind === 'out-of-range') return `${noun} from ${minimum} to ${maximum} (${unit})`;
    return kind === 'missing' ? `${noun}; a value must be given` : `${noun}, written with a decimal point and without separators of thousands`;
  }

  report(): ColumnReport {
    return { ...this.counts(), type: 'number' };
  }
}

/** A category column: one of the levels of the manifest, letter for letter. */
export class CategoryCheck extends CountingCheck implements CellCheck {
  private readonly codes = new Int32Array(BATCH_ROWS);
  private readonly index: LevelIndex;
  readonly column: StageColumn;

  constructor(private readonly entry: CategoryFeature) {
    super(entry.name, entry.missing === 'refuse');
    this.index = new LevelIndex(entry.levels);
    this.column = { name: entry.name, kind: 'category', codes: this.codes, levels: entry.levels };
  }

  read(place: CellPlace): IssueKind | null {
    let code = this.codeOf(place);
    if (code < 0) {
      trim(place);
      code = this.codeOf(place);
    }
    this.codes[place.slot] = code;
    if (code >= 0) return null;
    if (isMissingText(place.bytes, place.start, place.end)) return this.countMissing();
    this.unknownLevel++;
    return 'unknown-level';
  }

  private codeOf(place: CellPlace): number {
    if (!place.escaped) return this.index.find(place.bytes, place.start, place.end);
    const text = Buffer.from(textOf(place));
    return this.index.find(text, 0, text.length);
  }

  expected(kind: IssueKind): string {
    const { levels } = this.entry;
    const listed = levels.length <= 12 ? levels.join(', ') : `${levels.slice(0, 12).join(', ')} and ${levels.length - 12} more`;
    return kind === 'missing' ? `one of ${listed}; a value must be given` : `one of ${listed}`;
  }

  report(): ColumnReport {
    return { ...this.counts(), type: 'category' };
  }
}

/** The patient column: any text but none; only its pseudonym is kept. */
export class PatientCheck extends CountingCheck implements CellCheck {
  private readonly texts: string[] = new Array<string>(BATCH_ROWS).fill('');
  readonly column: StageColumn;

  constructor(name: string, private readonly pseudonym: (id: string) => string) {
    super(name, true);
    this.column = { name, kind: 'text', texts: this.texts };
  }

  read(place: CellPlace): IssueKind | null {
    trim(place);
    if (isMissingText(place.bytes, place.start, place.end)) return this.countMissing();
    this.texts[place.slot] = this.pseudonym(textOf(place));
    return null;
  }

  expected(): string {
    return 'an identifier of the patient';
  }

  report(): ColumnReport {
    return { ...this.counts(), type: 'patient' };
  }
}
