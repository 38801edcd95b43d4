import type { DataReport } from '@salus/contracts';
import { printable } from './printable';
import { tableLines } from './table';

/** How many issues are shown; --json has all that the platform gave. */
export const ISSUES_SHOWN = 10;

const right = (heading: string) => ({ heading, align: 'right' as const });

/** Lines of the check of a file: a table of its columns where a row was read at all, then the first issues. */
export function dataReportLines(report: DataReport): string[] {
  const columns = report.rows === 0 || report.columns.length === 0 ? [] : columnLines(report);
  const ignored = report.ignoredColumns.length === 0 ? [] : [`ignored columns: ${report.ignoredColumns.map(printable).join(', ')}`];
  return [`${report.accepted} of ${report.rows} rows accepted, ${report.duplicates} duplicates`, ...ignored, ...columns, ...issueLines(report)];
}

function columnLines({ columns }: DataReport): string[] {
  return tableLines(
    ['column', 'type', right('missing'), right('wrong type'), right('out of range'), right('unknown level')],
    columns.map((column) => [
      printable(column.name),
      column.type,
      String(column.missing),
      String(column.wrongType),
      String(column.outOfRange),
      String(column.unknownLevel),
    ]),
  );
}

function issueLines({ issues, issueCount }: DataReport): string[] {
  const total = Object.values(issueCount).reduce((sum, count) => sum + count, 0);
  const shown = issues.slice(0, ISSUES_SHOWN);
  if (shown.length === 0) return [];
  const table = tableLines(
    [right('data row'), 'column', 'issue', 'expected'],
    shown.map((issue) => [issue.row === 0 ? 'header' : String(issue.row), printable(issue.column ?? ''), issue.kind, printable(issue.expected)]),
  );
  const title = total > shown.length ? `first ${shown.length} of ${total} issues` : `${total} ${total === 1 ? 'issue' : 'issues'}`;
  return ['', `${title}; data row 1 is the line below the header`, ...table];
}
