import type { DataReport } from '@salus/contracts';
import { printable } from './printable';
import { tableLines } from './table';

/** How many issues are shown; --json has all that the platform gave. */
export const ISSUES_SHOWN = 10;

const right = (heading: string) => ({ heading, align: 'right' as const });

/** Lines of the check of a file: a table of its columns, then the first issues. */
export function dataReportLines(report: DataReport): string[] {
  const columns = tableLines(
    ['column', 'type', right('missing'), right('wrong type'), right('out of range'), right('unknown level')],
    report.columns.map((column) => [
      printable(column.name),
      column.type,
      String(column.missing),
      String(column.wrongType),
      String(column.outOfRange),
      String(column.unknownLevel),
    ]),
  );
  const ignored = report.ignoredColumns.length === 0 ? [] : [`ignored columns: ${report.ignoredColumns.map(printable).join(', ')}`];
  return [`${report.accepted} of ${report.rows} rows accepted, ${report.duplicates} duplicates`, ...ignored, ...columns, ...issueLines(report)];
}

function issueLines({ issues, issueCount }: DataReport): string[] {
  const total = Object.values(issueCount).reduce((sum, count) => sum + count, 0);
  const shown = issues.slice(0, ISSUES_SHOWN);
  if (shown.length === 0) return [];
  const table = tableLines(
    [right('row'), 'column', 'issue', 'expected'],
    shown.map((issue) => [String(issue.row), printable(issue.column ?? ''), issue.kind, printable(issue.expected)]),
  );
  return ['', total > shown.length ? `first ${shown.length} of ${total} issues` : `${total} ${total === 1 ? 'issue' : 'issues'}`, ...table];
}
