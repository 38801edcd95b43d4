import { exampleReport, type DataReport } from '@salus/contracts';
import { FAULT_CODES, Fault, type FaultCode } from '@salus/fault';
import fc from 'fast-check';
import { wrongArgument } from '../client/wrong-argument';
import { adviceFor } from './advice';
import { exitCodeOf } from './exit-code';
import { faultDetailLines, faultLine } from './fault-lines';
import { printable } from './printable';
import { boundText, bytesText, durationText, numberText, percentText, shortDigest, signedText, timeText } from './quantity';
import { styleOf, takesColour, widthOf } from './style';
import { pairLines, tableLines } from './table';

const plain = styleOf(false);
const CODES = Object.keys(FAULT_CODES) as FaultCode[];

describe('text for a terminal', () => {
  it('never holds a character that moves the cursor or hides, and stays one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
    expect(printable('a\x1b[2Jb\r\nc\u202ed')).toBe('a\ufffd[2Jb c\ufffdd');
  });

  it('has colours only on a terminal, not with NO_COLOR and not on a dumb one', () => {
    expect(takesColour(true, {})).toBe(true);
    expect([takesColour(false, {}), takesColour(true, { NO_COLOR: '1' }), takesColour(true, { TERM: 'dumb' })]).toEqual([false, false, false]);
    expect(styleOf(true).red('x')).toBe('\x1b[31mx\x1b[39m');
    expect(plain.red('x')).toBe('x');
    expect(widthOf(styleOf(true).bold('abc'))).toBe(3);
  });
});

describe('a table', () => {
  it('gives every column the width of its widest cell and keeps numbers right', () => {
    expect(tableLines(['name', { heading: 'rows', align: 'right' }], [['a', '7'], [styleOf(true).green('blood'), '12345']])).toEqual([
      'name    rows',
      '─────  ─────',
      'a          7',
      '\x1b[32mblood\x1b[39m  12345',
    ]);
  });

  it('aligns values under each other and stands on missing cells', () => {
    expect(pairLines([['a', '1'], ['long', '']])).toEqual(['a     1', 'long']);
    expect(tableLines(['a', 'b'], [['1']])[2]).toBe('1');
  });
});

describe('quantities', () => {
  it.each([
    [numberText(97.456789), '97.4568'],
    [numberText(-0), '0'],
    [numberText(1e21), '1e+21'],
    [signedText(2.9), '+2.9'],
    [signedText(-2.9), '−2.9'],
    [boundText(null, 'lower'), '−∞'],
    [boundText(null, 'upper'), '∞'],
    [percentText(0.95), '95 %'],
    [bytesText(0), '0 B'],
    [bytesText(1023), '1020 B'],
    [bytesText(20_480), '20 KiB'],
    [bytesText(5 * 2 ** 40), '5 TiB'],
    [bytesText(5_000 * 2 ** 40), '5000 TiB'],
    [durationText(740), '0.7 s'],
    [durationText(59_900), '1 min 0 s'],
    [durationText(3_725_000), '1 h 2 min'],
    [durationText(-5), '0.0 s'],
    [timeText('2026-11-23T09:30:00.123Z'), '2026-11-23 09:30:00Z'],
    [timeText(null), ''],
    [shortDigest(`sha256:${'ab'.repeat(32)}`), 'abababababab'],
  ])('are short: %s', (text, expected) => {
    expect(text).toBe(expected);
  });
});

describe('a fault', () => {
  it.each(CODES)('of code %s is one line that says what to do', (code) => {
    const line = faultLine(new Fault(code, 'something\nis wrong.'), plain);
    expect(line).toBe(`${code}: something is wrong. ${adviceFor(code, false)}`);
    expect(adviceFor(code, false)).toMatch(/\.$/);
    expect(adviceFor(code, true)).toMatch(/\.$/);
  });

  it('lists ten issues and says how many more there are', () => {
    const issues = Array.from({ length: 12 }, (_, row) => ({ row, field: 'age', expected: 'a number', received: 'nothing' }));
    const lines = faultDetailLines(new Fault('INVALID_REQUEST', 'no', { issues, issueCount: 14, correlationId: 'x' }));
    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe('  rows[0].age: expected a number, received nothing');
    expect(lines.at(-1)).toBe('  … and 4 more');
  });

  it('shows short facts that its text leaves out, and nothing of what is nested', () => {
    const fault = new Fault('CONFLICT', 'job 7 is there', { job: 7, uploadId: 'u\x1b', nested: { a: 1 }, missing: [1, 2] });
    expect(faultDetailLines(fault)).toEqual(['  uploadId: u\ufffd', '  missing: 1, 2']);
  });

  it('of ours names the correlation id, under which the log has the cause', () => {
    expect(faultDetailLines(new Fault('INTERNAL', 'an unexpected error', { correlationId: 'x7' }))).toEqual(['  correlationId: x7']);
  });

  it('prints the report of a refused file as columns and first issues', () => {
    const issues = Array.from({ length: 100 }, (_, at) => ({ row: at + 1, column: 'age', kind: 'out-of-range' as const, expected: '0 to 120' }));
    const report: DataReport = { ...exampleReport, accepted: 0, issues, issueCount: { 'out-of-range': 442 }, columns: [{ ...exampleReport.columns[0], outOfRange: 442 }] };
    const lines = faultDetailLines(new Fault('INVALID_DATA', 'the file does not fit', { report }));
    expect(lines.slice(0, 9)).toEqual([
      '  0 of 442 rows accepted, 0 duplicates',
      '  ignored columns: bmi',
      '  column  type    missing  wrong type  out of range  unknown level',
      '  ──────  ──────  ───────  ──────────  ────────────  ─────────────',
      '  age     number        0           0           442              0',
      '',
      '  first 10 of 442 issues; data row 1 is the line below the header',
      '  data row  column  issue         expected',
      '  ────────  ──────  ────────────  ────────',
    ]);
    expect(lines[9]).toBe('         1  age     out-of-range  0 to 120');
    expect(lines).toHaveLength(19);
  });

  it('prints no table of columns for a file of which no row was read', () => {
    const issues = [{ row: 0, column: 'age', kind: 'malformed-line' as const, expected: 'a column age' }];
    const report: DataReport = { ...exampleReport, rows: 0, accepted: 0, issues, issueCount: { 'malformed-line': 1 }, ignoredColumns: [] };
    expect(faultDetailLines(new Fault('INVALID_DATA', 'the file does not fit', { report }))).toEqual([
      '  0 of 0 rows accepted, 0 duplicates',
      '',
      '  1 issue; data row 1 is the line below the header',
      '  data row  column  issue           expected',
      '  ────────  ──────  ──────────────  ────────────',
      '    header  age     malformed-line  a column age',
    ]);
  });

  it.each(['row 0, field age: expected a number; received nothing', 'rows[0].age: expected a number; received nothing'])('tells its only issue once: %s', (message) => {
    const issues = [{ row: 0, field: 'age', expected: 'a number', received: 'nothing' }];
    expect(faultDetailLines(new Fault('INVALID_REQUEST', message, { issues, issueCount: 1 }))).toEqual([]);
    expect(faultDetailLines(new Fault('INVALID_REQUEST', 'the rows do not fit', { issues, issueCount: 1 }))).toHaveLength(1);
  });

  it.each([
    [new Fault('INVALID_DATA', 'no'), 1],
    [new Fault('UNKNOWN_MODEL', 'no'), 1],
    [new Fault('UNAVAILABLE', 'no'), 3],
    [new Fault('DEADLINE_EXCEEDED', 'no'), 3],
    [new Fault('CONFIGURATION', 'no'), 3],
    [new Fault('UNAVAILABLE', 'a part of the job was away', { job: 'x' }), 1],
    [wrongArgument('NOT_FOUND', 'no'), 2],
    [wrongArgument('CONFIGURATION', 'no'), 2],
  ])('gives the exit code of what went wrong: %s → %d', (fault, code) => {
    expect(exitCodeOf(fault)).toBe(code);
  });
});
