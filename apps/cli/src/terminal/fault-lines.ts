/** How a fault is told: one line with code, text and what to do, and below it the facts that it carries. */
import { dataReport } from '@salus/contracts';
import type { Fault } from '@salus/fault';
import { isWrongArgument } from '../client/wrong-argument';
import { adviceFor } from './advice';
import { dataReportLines, ISSUES_SHOWN } from './data-report';
import { printable } from './printable';
import type { Style } from './style';

/** `CODE: text. What to do.` */
export function faultLine(fault: Fault, style: Style): string {
  const text = printable(fault.message).replace(/\.$/, '');
  return `${style.red(style.bold(`${fault.code}:`))} ${text}. ${adviceFor(fault.code, isWrongArgument(fault), style)}`;
}

/** The report of a file, the first issues, and the plain facts that the text leaves out, indented; none when there are none. */
export function faultDetailLines(fault: Fault): string[] {
  const { report, issues, issueCount, correlationId, ...others } = fault.details;
  const facts = fault.code === 'INTERNAL' ? { ...others, correlationId } : others;
  const parsed = dataReport.safeParse(report);
  const lines = parsed.success ? dataReportLines(parsed.data) : Array.isArray(issues) && !isToldBy(fault.message, issues) ? issueLines(issues, issueCount) : [];
  return [...(isWrongArgument(fault) ? [] : factLines(facts, printable(fault.message))), ...lines].map((line) => (line === '' ? '' : `  ${line}`));
}

/** The fault as the wire has it, for --json. */
export function faultJson(fault: Fault): object {
  return { error: { code: fault.code, message: fault.message, details: fault.details, retryable: fault.retryable } };
}

/** @param total how many there are, when the list was cut before */
function issueLines(issues: readonly unknown[], total: unknown): string[] {
  const lines = issues.slice(0, ISSUES_SHOWN).map((issue) => printable(isFacts(issue) ? issueText(issue) : String(issue)));
  const hidden = (typeof total === 'number' ? Math.max(total, issues.length) : issues.length) - lines.length;
  return hidden > 0 ? [...lines, `… and ${hidden} more`] : lines;
}

/** A single issue that the text of the fault names already. */
function isToldBy(message: string, issues: readonly unknown[]): boolean {
  const [only] = issues;
  if (issues.length !== 1 || !isFacts(only)) return false;
  const { row, field } = only;
  return [pathOf(only) ?? '\0', field === '' ? `row ${String(row)}:` : `row ${String(row)}, field ${String(field)}:`].some((place) => message.includes(place));
}

function pathOf({ path, row, field }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof path === 'string') return path;
  return typeof row === 'number' && typeof field === 'string' ? `rows[${row}].${field}` : undefined;
}

function issueText(issue: Readonly<Record<string, unknown>>): string {
  const { expected, received } = issue;
  const path = pathOf(issue);
  if (path === undefined || typeof expected !== 'string') return JSON.stringify(issue);
  return `${path}: expected ${expected}${received === undefined ? '' : `, received ${String(received)}`}`;
}

function factLines(facts: Readonly<Record<string, unknown>>, message: string): string[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    const text = factText(value);
    return text === undefined || message.includes(text) ? [] : [`${printable(name)}: ${text}`];
  });
}

/** Scalars and short lists of scalars; the rest is for --json. */
function factText(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return printable(String(value));
  if (!Array.isArray(value) || value.length === 0 || value.some((item) => typeof item === 'object')) return undefined;
  const shown = value.slice(0, ISSUES_SHOWN).map((item) => printable(String(item))).join(', ');
  return value.length > ISSUES_SHOWN ? `${shown}, … ${value.length - ISSUES_SHOWN} more` : shown;
}

const isFacts = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
