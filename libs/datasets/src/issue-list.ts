/**
 * Collects the issues of a file: all are counted, a hundred are listed. Issues that refuse the file are listed before issues that
 * are only reported, so that the reason of a refusal is never pushed out; the list then stands in the order of the rows.
 */
import type { DataReport } from '@salus/contracts';
import type { IssueKind } from './cell-checks';

/** How many issues a report lists. */
export const LISTED_ISSUES = 100;

export type Issue = DataReport['issues'][number];

export class IssueList {
  private readonly refusing: Issue[] = [];
  private readonly reported: Issue[] = [];
  private readonly count: Partial<Record<IssueKind, number>> = {};
  private refusals = 0;

  /** Counts an issue and lists it while there is room; issues come in the order of the rows within each kind. */
  add(issue: Issue, refuses: boolean): void {
    this.countMore(issue.kind, 1, refuses);
    const list = refuses ? this.refusing : this.reported;
    list.push(issue);
    if (list.length >= 4 * LISTED_ISSUES) firstByRow(list);
  }

  /** Counts issues that are not listed. */
  countMore(kind: IssueKind, howMany: number, refuses: boolean): void {
    this.count[kind] = (this.count[kind] ?? 0) + howMany;
    if (refuses) this.refusals += howMany;
  }

  /** Whether an issue refuses the file. */
  get refuses(): boolean {
    return this.refusals > 0;
  }

  /** The two fields of the report. */
  report(): Pick<DataReport, 'issues' | 'issueCount'> {
    const refusing = firstByRow(this.refusing);
    const issues = [...refusing, ...firstByRow(this.reported).slice(0, LISTED_ISSUES - refusing.length)];
    return { issues: issues.sort((a, b) => a.row - b.row), issueCount: { ...this.count } };
  }
}

/** Shortens a list, in place, to its first hundred by row. */
function firstByRow(list: Issue[]): Issue[] {
  list.sort((a, b) => a.row - b.row);
  list.length = Math.min(list.length, LISTED_ISSUES);
  return list;
}
