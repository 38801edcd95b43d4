/**
 * The report of a refused file as a job's failure can carry it: there is room for 32 KiB of details, beyond which they are
 * dropped whole, so it keeps the columns that have a problem and as many of the first problems as fit.
 */
import type { DataReport } from '@salus/contracts';

/** Room for the report, in characters of JSON; what stands around it needs the rest. */
const REPORT_LIMIT = 30_000;
const ENTRIES = 100;

type ColumnReport = DataReport['columns'][number];

/** @param report of a file that was not accepted */
export function refusedReport(report: DataReport): DataReport {
  const columns = report.columns.filter(hasProblem);
  for (let entries = ENTRIES; ; entries = Math.floor(entries / 2)) {
    const [issues, ignoredColumns] = [report.issues.slice(0, entries), report.ignoredColumns.slice(0, entries)];
    const short = { ...report, columns: columns.slice(0, entries), issues, ignoredColumns };
    if (entries === 0 || JSON.stringify(short).length <= REPORT_LIMIT) return short;
  }
}

function hasProblem({ missing, wrongType, outOfRange, unknownLevel }: ColumnReport): boolean {
  return missing + wrongType + outOfRange + unknownLevel > 0;
}
