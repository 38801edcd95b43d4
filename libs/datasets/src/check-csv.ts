/**
 * Checks a CSV file against a model manifest and, when nothing refuses it, writes its rows as Parquet: everything or nothing. The
 * file is read once, in bounded memory; each cell is checked as it passes, the typed rows are staged in the engine, duplicates are
 * found there, and the Parquet file appears under its name at the very end.
 * Always refused: a malformed line, a value of the wrong type, an unknown level, a missing value where the manifest asks for one, a
 * missing target or patient. Values out of range and duplicates are treated as the manifest says.
 * The report names rows and columns and never a value (values are patient data).
 */
import { stat } from 'node:fs/promises';
import type { DataReport, ModelManifest } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { CategoryCheck, NumberCheck, PatientCheck, type CellCheck, type CellPlace, type IssueKind } from './cell-checks';
import { noHeader, readHeader, sniffDelimiter, type CsvHeader, type Delimiter } from './csv-header';
import { readCsv, type CsvHandlers } from './csv-reader';
import { EXPECTED_OF_PROBLEM, type CsvScanner } from './csv-scanner';
import { findDuplicates, type DuplicateRows } from './duplicate-rows';
import { expectFile, type Engine } from './engine';
import { IssueList, LISTED_ISSUES } from './issue-list';
import { writeParquet } from './parquet-file';
import { pseudonymiser } from './pseudonym';
import { BATCH_ROWS, StageTable, type StageColumn } from './stage-table';

export interface CheckRequest {
  readonly csvPath: string;
  readonly manifest: ModelManifest;
  /** Where the Parquet file goes; in a folder of the engine. */
  readonly outputPath: string;
  /** Secret of the site, 16 bytes or more; needed when the manifest names a patient column. */
  readonly pseudonymKey?: Uint8Array;
  /** Found from the header when left out. */
  readonly delimiter?: Delimiter;
  readonly onProgress?: (progress: CheckProgress) => void;
  readonly signal?: AbortSignal;
}

export interface CheckProgress {
  readonly phase: 'checking' | 'writing';
  /** 0 to 100 over both phases. */
  readonly percent: number;
  /** Data rows read so far. */
  readonly rows: number;
}

/** `accepted: false` means that nothing was written. */
export interface CheckOutcome {
  readonly accepted: boolean;
  readonly report: DataReport;
}

const MAX_ROWS = 2 ** 31 - 1;
const PERCENT_OF_READING = 80;

/**
 * Checks a file and writes it as zstd Parquet: `row` (INTEGER, 0-based number of the data row in the file), features, target
 * (numbers as DOUBLE, categories as VARCHAR) and patient (VARCHAR, pseudonym), in the order of the file. The same file, manifest
 * and key give the same bytes.
 *
 * @throws Fault NOT_FOUND without a file, CONFIGURATION without the key that a patient column needs, CANCELLED, TOO_LARGE
 */
export async function checkCsv(engine: Engine, request: CheckRequest): Promise<CheckOutcome> {
  await expectFile(request.csvPath, 'the CSV file');
  const checks = checksOf(request.manifest, request.pseudonymKey);
  const { size } = await stat(request.csvPath);
  return engine.use(
    'checking the file',
    async (connection) => {
      const row: StageColumn = { name: 'row', kind: 'integer', values: new Int32Array(BATCH_ROWS) };
      const stage = await StageTable.create(connection, [row, ...checks.map((check) => check.column)]);
      const check = new CsvCheck({ request, checks, stage, fileBytes: size });
      await readCsv(request.csvPath, check, request.signal);
      check.finish();
      const duplicates = await findDuplicates(connection, checks.map(({ name }) => name), LISTED_ISSUES);
      check.noteDuplicates(duplicates);
      if (!check.refuses) await writeParquet(connection, check.resultQuery, { ...request, holdsNegativeZero: stage.holdsNegativeZero });
      return { accepted: !check.refuses, report: check.report() };
    },
    request.signal,
  );
}

function checksOf(manifest: ModelManifest, pseudonymKey: Uint8Array | undefined): CellCheck[] {
  const features = manifest.features.map((feature) => (feature.type === 'number' ? new NumberCheck(feature, false) : new CategoryCheck(feature)));
  const patient = manifest.patient === undefined ? [] : [new PatientCheck(manifest.patient, pseudonymiser(pseudonymKey))];
  return [...features, new NumberCheck(manifest.target, true), ...patient];
}

interface CheckParts {
  readonly request: CheckRequest;
  readonly checks: readonly CellCheck[];
  readonly stage: StageTable;
  readonly fileBytes: number;
}

/** One pass over one file. */
class CsvCheck implements CsvHandlers {
  private readonly issues = new IssueList();
  private readonly place: CellPlace = { bytes: Buffer.alloc(0), start: 0, end: 0, escaped: false, slot: 0 };
  private readonly rowNumbers: Int32Array;
  private readonly names: readonly string[];
  private header: CsvHeader | undefined;
  private rows = 0;
  private staged = 0;
  private duplicates: DuplicateRows = { count: 0, first: [] };

  constructor(private readonly parts: CheckParts) {
    this.names = parts.checks.map((check) => check.name);
    this.rowNumbers = (parts.stage.columns[0] as Extract<StageColumn, { kind: 'integer' }>).values;
  }

  get refuses(): boolean {
    return this.issues.refuses;
  }

  chooseDelimiter(start: Buffer): Delimiter {
    return this.parts.request.delimiter ?? sniffDelimiter(start, this.names);
  }

  onBlock(bytesRead: number): void {
    const percent = Math.min(PERCENT_OF_READING, (PERCENT_OF_READING * bytesRead) / Math.max(1, this.parts.fileBytes));
    this.parts.request.onProgress?.({ phase: 'checking', percent, rows: this.rows });
  }

  onRecord(scanner: CsvScanner, bytes: Buffer): boolean {
    if (!this.header) {
      this.header = readHeader(scanner, bytes, this.names);
      this.header.issues.forEach((issue) => this.issues.add(issue, true));
      return this.header.issues.length === 0;
    }
    if (this.rows === MAX_ROWS) throw new Fault('TOO_LARGE', `the file has more than ${MAX_ROWS} rows`, { maximum: MAX_ROWS });
    this.rows++;
    if (this.lineIsReadable(scanner, this.header.fieldCount) && this.cellsAreAcceptable(scanner, bytes, this.header.positions)) this.stageRow();
    return true;
  }

  /** Ends the reading: hands on the last batch, and refuses a file without header or rows. */
  finish(): void {
    const { stage } = this.parts;
    stage.append(0, this.place.slot);
    stage.close();
    if (!this.header) this.issues.add(noHeader(), true);
    else if (this.rows === 0 && !this.refuses) this.issues.add({ row: 0, column: null, kind: 'malformed-line', expected: 'at least one line of data below the header' }, true);
    this.parts.request.onProgress?.({ phase: 'writing', percent: PERCENT_OF_READING, rows: this.rows });
  }

  noteDuplicates(duplicates: DuplicateRows): void {
    this.duplicates = duplicates;
    if (duplicates.count === 0) return;
    const refuses = this.parts.request.manifest.checks.duplicates === 'refuse';
    duplicates.first.forEach((row) => this.issues.add({ row: row + 1, column: null, kind: 'duplicate', expected: 'a row that differs from all rows above it' }, refuses));
    this.issues.countMore('duplicate', duplicates.count - duplicates.first.length, refuses);
  }

  /** The rows to write. */
  get resultQuery(): string {
    const all = `SELECT ${this.parts.stage.selectList} FROM stage`;
    return this.dropped === 0 ? all : `${all} WHERE row NOT IN (SELECT row FROM duplicate_rows) ORDER BY row`;
  }

  report(): DataReport {
    return {
      rows: this.rows,
      accepted: this.refuses ? 0 : this.staged - this.dropped,
      columns: this.parts.checks.map((check) => check.report()),
      ...this.issues.report(),
      duplicates: this.duplicates.count,
      ignoredColumns: [...(this.header?.ignoredColumns ?? [])],
    };
  }

  private get dropped(): number {
    return this.parts.request.manifest.checks.duplicates === 'drop' ? this.duplicates.count : 0;
  }

  private lineIsReadable(scanner: CsvScanner, fieldCount: number): boolean {
    if (!scanner.problem && scanner.fieldCount === fieldCount) return true;
    const expected = scanner.problem ? EXPECTED_OF_PROBLEM[scanner.problem] : `${fieldCount} fields as in the header, found ${scanner.fieldCount}`;
    this.issues.add({ row: this.rows, column: null, kind: 'malformed-line', expected }, true);
    return false;
  }

  private cellsAreAcceptable(scanner: CsvScanner, bytes: Buffer, positions: readonly number[]): boolean {
    const { checks } = this.parts;
    const { place } = this;
    let acceptable = true;
    place.bytes = bytes;
    for (let at = 0; at < checks.length; at++) {
      const field = positions[at];
      place.start = scanner.starts[field];
      place.end = scanner.ends[field];
      place.escaped = scanner.escaped[field] === 1;
      const kind = checks[at].read(place);
      if (kind !== null && this.noteCell(checks[at], kind)) acceptable = false;
    }
    return acceptable;
  }

  /** Notes what is wrong with a cell; true when it refuses the file. */
  private noteCell(check: CellCheck, kind: IssueKind): boolean {
    const refuses = kind !== 'out-of-range' || this.parts.request.manifest.checks.outOfRange === 'refuse';
    this.issues.add({ row: this.rows, column: check.name, kind, expected: check.expected(kind) }, refuses);
    return refuses;
  }

  private stageRow(): void {
    this.rowNumbers[this.place.slot] = this.rows - 1;
    this.staged++;
    this.place.slot++;
    if (this.place.slot < BATCH_ROWS) return;
    this.parts.stage.append(0, BATCH_ROWS);
    this.place.slot = 0;
  }
}
