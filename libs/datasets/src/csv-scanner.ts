/**
 * Finds the records of a CSV text in a block of bytes (RFC 4180): fields apart by one delimiter, records by LF or CRLF, quotes
 * around a field that holds either, a quote inside written twice. Every departure is a problem of that record and scanning goes
 * on behind it, so that a report can name every bad line. It is our own and not DuckDB's reader because the report needs the
 * number of each bad record, and because that reader lets NUL bytes and stray quotes pass or stops at them.
 * One pass over the bytes with a table of byte classes; nothing is decoded here.
 */
import { isUtf8 } from 'node:buffer';

/** What is wrong with a record; `null` in {@link CsvScanner.problem} when nothing is. */
export type RecordProblem = 'quote-in-field' | 'text-after-quote' | 'open-quote' | 'bare-return' | 'nul' | 'encoding' | 'too-long';

/** What a report says was expected, for each problem. */
export const EXPECTED_OF_PROBLEM: Readonly<Record<RecordProblem, string>> = {
  'quote-in-field': 'a quote only around a whole field, and written twice inside it',
  'text-after-quote': 'a delimiter or the end of the line after a closing quote',
  'open-quote': 'a closing quote before the end of the file',
  'bare-return': 'lines that end with LF or CR LF; this one holds a CR alone',
  nul: 'text without NUL bytes (UTF-8, not UTF-16)',
  encoding: 'text in UTF-8; this line is in another encoding, perhaps Latin-1 or Windows-1252',
  'too-long': 'a line of at most 1 MiB',
};

const LF = 10;
const CR = 13;
const QUOTE = 34;
const ORDINARY = 0;
const HIGH = 1;
const DELIMITER = 2;
const END = 3;
const RETURN = 4;
const QUOTING = 5;
const NUL = 6;

/** Scans one record at a time; the field positions are those of the last record and are overwritten by the next. */
export class CsvScanner {
  /** Fields of the last record. */
  fieldCount = 0;
  /** First byte of each field, quotes left out. */
  starts: Int32Array = new Int32Array(64);
  /** Byte behind each field, quotes left out. */
  ends: Int32Array = new Int32Array(64);
  /** 1 where a quote inside the field is written twice. */
  escaped: Uint8Array = new Uint8Array(64);
  problem: RecordProblem | null = null;
  /** Whether the record is a line without a single character. */
  blank = false;

  private readonly classes = new Uint8Array(256);
  private bytes: Buffer = Buffer.alloc(0);
  private end = 0;
  private final = false;
  private high = false;
  private nul = false;
  private at = 0;

  /** @param delimiter one byte that stands between fields, such as that of `,` */
  constructor(private readonly delimiter: number) {
    this.classes.fill(HIGH, 128);
    this.classes[delimiter] = DELIMITER;
    this.classes[LF] = END;
    this.classes[CR] = RETURN;
    this.classes[QUOTE] = QUOTING;
    this.classes[0] = NUL;
  }

  /** Sets the block to scan: `bytes[0, end)`, and whether nothing follows behind it. */
  load(bytes: Buffer, end: number, final: boolean): void {
    this.bytes = bytes;
    this.end = end;
    this.final = final;
  }

  /**
   * Scans the record that begins at `from`.
   *
   * @returns where the next record begins, or -1 when the record goes on behind the block
   */
  scan(from: number): number {
    this.fieldCount = 0;
    this.problem = null;
    this.high = false;
    this.nul = false;
    this.at = from;
    while (!this.field());
    if (this.at < 0) return -1;
    const { bytes } = this;
    if (this.nul) this.problem = 'nul';
    else if (this.high && !isUtf8(bytes.subarray(from, this.at))) this.problem = 'encoding';
    this.blank = this.fieldCount === 1 && this.problem === null && (bytes[from] === LF || bytes[from] === CR);
    return this.at;
  }

  /** Takes one field and what ends it; true when the record ends with it. */
  private field(): boolean {
    const { classes, bytes, end } = this;
    const start = this.at;
    if (start < end && bytes[start] === QUOTE) return this.quoted();
    let at = start;
    for (; at < end; at++) {
      const kind = classes[bytes[at]];
      if (kind === ORDINARY) continue;
      if (kind === HIGH) this.high = true;
      else if (kind === NUL) this.nul = true;
      else if (kind === QUOTING) return this.broken(at, 'quote-in-field');
      else break;
    }
    this.keep(start, at, 0);
    return this.separator(at, 'bare-return');
  }

  private quoted(): boolean {
    const { classes, bytes, end } = this;
    const start = this.at + 1;
    let escaped = 0;
    let at = start;
    for (; at < end; at++) {
      const kind = classes[bytes[at]];
      if (kind === HIGH) this.high = true;
      else if (kind === NUL) this.nul = true;
      else if (kind !== QUOTING) continue;
      else if (at + 1 < end && bytes[at + 1] === QUOTE) {
        escaped = 1;
        at++;
      } else break;
    }
    if (at >= end) return this.broken(at, 'open-quote');
    if (at + 1 >= end && !this.final) return this.incomplete();
    this.keep(start, at, escaped);
    return this.separator(at + 1, 'text-after-quote');
  }

  /** Takes what stands behind a field; `otherwise` is the problem when that is neither a delimiter nor a line end. */
  private separator(at: number, otherwise: RecordProblem): boolean {
    const { bytes, end, final } = this;
    if (at >= end) return final ? this.stop(end) : this.incomplete();
    const byte = bytes[at];
    if (byte === this.delimiter) {
      this.at = at + 1;
      return false;
    }
    if (byte === LF) return this.stop(at + 1);
    if (byte !== CR) return this.broken(at, otherwise);
    if (at + 1 >= end) return final ? this.stop(end) : this.incomplete();
    return bytes[at + 1] === LF ? this.stop(at + 2) : this.broken(at, 'bare-return');
  }

  /** Gives the record up and goes on behind its line. */
  private broken(at: number, problem: RecordProblem): boolean {
    const { bytes, end, final } = this;
    let stop = at;
    while (stop < end && bytes[stop] !== LF) stop++;
    if (stop >= end && !final) return this.incomplete();
    this.problem = problem;
    return this.stop(Math.min(stop + 1, end));
  }

  private stop(at: number): boolean {
    this.at = at;
    return true;
  }

  private incomplete(): boolean {
    return this.stop(-1);
  }

  private keep(start: number, end: number, escaped: number): void {
    if (this.fieldCount === this.starts.length) this.grow();
    this.starts[this.fieldCount] = start;
    this.ends[this.fieldCount] = end;
    this.escaped[this.fieldCount++] = escaped;
  }

  private grow(): void {
    const larger = (old: Int32Array): Int32Array => {
      const grown = new Int32Array(old.length * 2);
      grown.set(old);
      return grown;
    };
    this.starts = larger(this.starts);
    this.ends = larger(this.ends);
    const escaped = new Uint8Array(this.escaped.length * 2);
    escaped.set(this.escaped);
    this.escaped = escaped;
  }
}
