/** The result of a suite, as a table for a person and as one JSON document for a program. Both come from the same lines. */
import type { BenchLine } from '@salus/testkit';
import { betterOf, isGoalMet, type Better } from './bench-line';
import { environmentText, type BenchEnvironment } from './environment';

/** Everything that one run of a suite found. */
export interface BenchResult {
  readonly suite: string;
  readonly environment: BenchEnvironment;
  readonly lines: readonly BenchLine[];
}

/** The document of `--json`. */
export interface BenchDocument {
  readonly suite: string;
  readonly environment: BenchEnvironment;
  readonly lines: readonly (Omit<BenchLine, 'goal'> & { readonly better: Better | null; readonly goal: number | null; readonly isGoalMet: boolean | null })[];
  /** Names of the peers that were not there, each with the reason. */
  readonly absentPeers: readonly string[];
}

const HEADER = ['name', 'ours', 'peer', 'unit', 'ratio', 'better', 'goal', 'beside'];
/** Columns of numbers, which stand to the right. */
const NUMERIC: ReadonlySet<number> = new Set([1, 2, 4]);
const ABSENT = 'absent';

/** A figure to three significant digits, or as a whole number with its digits in groups: 1234567 → 1,234,567. */
export function figureText(value: number): string {
  if (value >= 100) return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return value === 0 ? '0' : value >= 0.001 ? String(Number(value.toPrecision(3))) : value.toExponential(2);
}

/** One measurement in one line, for the terminal while the rest is still measured. */
export function lineText(line: BenchLine): string {
  const { name, ours, unit, peer, peerName, ratio } = line;
  const beside = peer === null || ratio === null ? `peer absent (${peerName})` : `${peerName} ${figureText(peer)}, ratio ${ratio.toFixed(2)}`;
  return `${name}: ${figureText(ours)} ${unit}; ${beside}`;
}

/** The table with the environment above it, and below it what the ratio means, the goals and the absent peers. */
export function tableText({ suite, environment, lines }: BenchResult): string {
  return [`${suite}: ${environmentText(environment)}`, columns([HEADER, ...lines.map(cellsOf)]), notesOf(lines).join('\n')].join('\n\n');
}

/** The same as data. */
export function documentOf({ suite, environment, lines }: BenchResult): BenchDocument {
  return {
    suite,
    environment,
    lines: lines.map((line) => ({ ...line, better: betterOf(line), goal: line.goal ?? null, isGoalMet: isGoalMet(line) })),
    absentPeers: absentPeersOf(lines),
  };
}

function cellsOf(line: BenchLine): string[] {
  const { name, ours, peer, unit, ratio, peerName } = line;
  return [name, figureText(ours), peer === null ? ABSENT : figureText(peer), unit, ratio === null ? '–' : ratio.toFixed(2), betterOf(line) ?? '–', goalText(line), peerName];
}

function goalText(line: BenchLine): string {
  if (line.goal === undefined) return '';
  const isMet = isGoalMet(line);
  return `≥ ${line.goal.toFixed(2)} ${isMet === null ? 'not measured' : isMet ? 'met' : 'MISSED'}`;
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const pad = (cell: string, column: number): string => (NUMERIC.has(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]));
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

function notesOf(lines: readonly BenchLine[]): string[] {
  const withGoal = lines.filter(({ goal }) => goal !== undefined);
  const count = (wanted: boolean | null): number => withGoal.filter((line) => isGoalMet(line) === wanted).length;
  const goals = `goals: ${count(true)} met, ${count(false)} missed, ${count(null)} not measured`;
  const absent = absentPeersOf(lines).map((peerName) => `absent: ${peerName} (npm run bench:peers installs what Debian has)`);
  return ['ratio above 1: ours is better', ...(withGoal.length > 0 ? [goals] : []), ...absent];
}

function absentPeersOf(lines: readonly BenchLine[]): string[] {
  return [...new Set(lines.filter(({ peer }) => peer === null).map(({ peerName }) => peerName))];
}
