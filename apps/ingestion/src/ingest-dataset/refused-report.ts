/**
 * The report of a refused file as a job's failure can carry it: a failure holds 32 KiB of details, and one that is larger is
 * dropped whole. So it keeps the columns that have a problem and as many of the first problems as fit.
 */
import type { DataReport } from '@salus/contracts';

/** Room for the report, in characters of JSON; what stands around it needs the rest. */
const REPORT_LIMIT = 30_000;
const ENTRIES = 100;

/** @param report of a file that was not accepted */
export function refusedReport(report: DataReport): DataReport {
  const troubled = report.columns.filter(({ missing, wrongType, outOfRange, unknownLevel }) => missing + wrongType + outOfRange + unknownLevel > 0);
  for (let entries = ENTRIES; ; entries = Math.floor(entries / 2)) {
    const short = { ...report, columns: troubled.slice(0, entries), issues: report.issues.slice(0, entries), ignoredColumns: report.ignoredColumns.slice(0, entries) };
    if (entries === 0 || JSON.stringify(short).length <= REPORT_LIMIT) return short;
  }
}
