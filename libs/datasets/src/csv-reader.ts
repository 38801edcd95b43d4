/**
 * Streams a CSV file through {@link CsvScanner} in bounded memory, whatever its size: one buffer of 2 MiB, one record of at most
 * 1 MiB. A longer record (an open quote can swallow a whole file) is a problem, and reading goes on at the first line end behind
 * its first MiB, so that the outcome does not depend on where a block happened to end.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { refuseWhenCancelled } from './engine';
import { CsvScanner } from './csv-scanner';

/** Longest record that is read, in bytes. */
export const MAX_RECORD_BYTES = 1 << 20;
const BUFFER_BYTES = 2 << 20;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const LF = 10;

export interface CsvHandlers {
  /** Called once with the bytes at the start of the file (at least one line when the line fits); gives the delimiter. */
  chooseDelimiter(start: Buffer): string;
  /** Called for every record, the header included; the scanner's positions point into `bytes` and are valid during the call only. Returns false to stop reading. */
  onRecord(scanner: CsvScanner, bytes: Buffer): boolean;
  /** Called after each block with the bytes read so far. */
  onBlock?(bytesRead: number): void;
}

/**
 * Reads a CSV file record by record; blank lines at its end are left out.
 *
 * @throws Fault CANCELLED when the signal fires
 */
export async function readCsv(path: string, handlers: CsvHandlers, signal?: AbortSignal): Promise<void> {
  const file = await open(path, 'r');
  try {
    await new CsvReading(file, handlers, signal).run();
  } finally {
    await file.close();
  }
}

class CsvReading {
  private readonly buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private from = 0;
  private end = 0;
  private final = false;
  private skipping = false;
  private blanks = 0;
  private bytesRead = 0;
  private scanner: CsvScanner;

  constructor(private readonly file: FileHandle, private readonly handlers: CsvHandlers, private readonly signal?: AbortSignal) {}

  async run(): Promise<void> {
    await this.fill();
    if (this.buffer.subarray(0, Math.min(3, this.end)).equals(BYTE_ORDER_MARK)) this.from = 3;
    this.scanner = new CsvScanner(this.handlers.chooseDelimiter(this.buffer.subarray(this.from, this.end)).charCodeAt(0));
    let wanted = true;
    while (wanted) {
      wanted = this.records();
      this.handlers.onBlock?.(this.bytesRead);
      if (!wanted || this.final) return;
      await this.fill();
    }
  }

  /** Fills the rest of the buffer, which also says whether the file is at its end. */
  private async fill(): Promise<void> {
    this.buffer.copyWithin(0, this.from, this.end);
    this.end -= this.from;
    this.from = 0;
    while (this.end < BUFFER_BYTES && !this.final) {
      refuseWhenCancelled(this.signal);
      const { bytesRead } = await this.file.read(this.buffer, this.end, BUFFER_BYTES - this.end, null);
      this.final = bytesRead === 0;
      this.end += bytesRead;
      this.bytesRead += bytesRead;
    }
  }

  /** Hands on every record that is complete in the buffer; false when the reader wants no more. */
  private records(): boolean {
    const { scanner, buffer } = this;
    scanner.load(buffer, this.end, this.final);
    for (;;) {
      if (this.skipping && !this.skip()) return true;
      if (this.from >= this.end) return true;
      let next = scanner.scan(this.from);
      const length = (next < 0 ? this.end : next) - this.from;
      if (next < 0 && length <= MAX_RECORD_BYTES) return true;
      if (length > MAX_RECORD_BYTES) {
        scanner.problem = 'too-long';
        scanner.blank = false;
        next = this.from + MAX_RECORD_BYTES;
        this.skipping = true;
      }
      this.from = next;
      if (!this.handOn()) return false;
    }
  }

  /** Blank lines are handed on only when something follows them: those at the end of a file mean nothing. */
  private handOn(): boolean {
    const { scanner, buffer } = this;
    if (scanner.blank) {
      this.blanks++;
      return true;
    }
    if (this.blanks > 0 && !this.handOnBlanks()) return false;
    return this.handlers.onRecord(scanner, buffer);
  }

  private handOnBlanks(): boolean {
    const blankLine = new CsvScanner(0);
    blankLine.load(Buffer.from('\n'), 1, true);
    blankLine.scan(0);
    for (; this.blanks > 0; this.blanks--) if (!this.handlers.onRecord(blankLine, this.buffer)) return false;
    return true;
  }

  /** Moves behind the next line end; false when the buffer holds none. */
  private skip(): boolean {
    const at = this.buffer.subarray(this.from, this.end).indexOf(LF);
    this.from = at < 0 ? this.end : this.from + at + 1;
    this.skipping = at < 0;
    return !this.skipping;
  }
}
