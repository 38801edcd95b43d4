import { dataReport, type DataReport } from '@salus/contracts';
import { refusedReport } from './refused-report';

const column = (name: string, wrongType: number) => ({ name, type: 'number' as const, missing: 0, wrongType, outOfRange: 0, unknownLevel: 0 });

function reportOf(columns: number, expected: string): DataReport {
  return {
    rows: 1_000, accepted: 0, duplicates: 0, issueCount: { 'wrong-type': 1_000 },
    columns: [column('fine', 0), ...Array.from({ length: columns }, (_, at) => column(`column_${at}`, 1))],
    issues: Array.from({ length: 100 }, (_, row) => ({ row: row + 1, column: 'column_0', kind: 'wrong-type' as const, expected })),
    ignoredColumns: Array.from({ length: columns }, (_, at) => `ignored_${at}`),
  };
}

describe('the report of a refused file', () => {
  it('keeps every problem and leaves out the columns without one when it is small', () => {
    const report = reportOf(3, 'a number from 0 to 1 (1)');
    expect(refusedReport(report)).toEqual({ ...report, columns: report.columns.slice(1) });
  });

  it.each([
    ['columns', 10_000, 'a number from 0 to 1 (1)'],
    ['words', 3, 'x'.repeat(2_000)],
    ['both', 10_000, 'x'.repeat(100_000)],
  ])('fits into a failure with too many %s, and still is a report', (_, columns, expected) => {
    const short = refusedReport(reportOf(columns, expected));
    expect(JSON.stringify({ report: short }).length).toBeLessThanOrEqual(32_768);
    expect(dataReport.parse(short)).toMatchObject({ rows: 1_000, issueCount: { 'wrong-type': 1_000 } });
  });
});
