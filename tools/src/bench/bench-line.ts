/**
 * What a benchmark reports. A ratio is written so that above 1 ours is better, whichever way the unit points (requests per second up,
 * milliseconds down), and a goal is the least ratio that is asked for. A benchmark that reports anything else is refused here, since a
 * table with a wrong side in it is worse than none.
 */
import { Fault } from '@salus/fault';
import type { BenchLine } from '@salus/testkit';

export type Better = 'ours' | 'peer' | 'level';

/** Who is better, to two decimals; null when the peer is absent. */
export function betterOf({ ratio }: Pick<BenchLine, 'ratio'>): Better | null {
  if (ratio === null) return null;
  const rounded = Math.round(ratio * 100);
  if (rounded === 100) return 'level';
  return rounded > 100 ? 'ours' : 'peer';
}

/** Whether the goal is met; null when there is no goal or the peer is absent. */
export function isGoalMet({ ratio, goal }: Pick<BenchLine, 'ratio' | 'goal'>): boolean | null {
  return ratio === null || goal === undefined ? null : ratio >= goal;
}

const isFigure = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;

/**
 * The line itself when it is complete.
 *
 * @throws Fault INTERNAL naming the field: figures must be finite and not negative, ratio and goal above 0, peer and ratio both null or neither
 */
export function checkedLine(line: BenchLine): BenchLine {
  const problem = problemOf(line);
  if (problem !== undefined) throw new Fault('INTERNAL', `the benchmark reported a line that is no measurement: ${problem}`, { line });
  return line;
}

function problemOf(line: BenchLine): string | undefined {
  const { name, ours, peer, peerName, unit, ratio, goal } = line;
  const texts = { name, peerName, unit };
  const empty = Object.entries(texts).find(([, text]) => typeof text !== 'string' || text.trim() === '');
  if (empty !== undefined) return `${empty[0]} must be text, received ${String(empty[1])}`;
  if (!isFigure(ours)) return `ours must be a finite number ≥ 0, received ${ours}`;
  if (peer !== null && !isFigure(peer)) return `peer must be null or a finite number ≥ 0, received ${peer}`;
  if ((peer === null) !== (ratio === null)) return `peer and ratio must both be null or neither, received ${peer} and ${ratio}`;
  if (ratio !== null && !(isFigure(ratio) && ratio > 0)) return `ratio must be null or a finite number > 0, received ${ratio}`;
  if (goal !== undefined && !(isFigure(goal) && goal > 0)) return `goal must be a finite number > 0, received ${goal}`;
  return undefined;
}
