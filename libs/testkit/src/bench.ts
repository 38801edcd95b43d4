/** What every benchmark needs beside its own measurement: the form of a line, the median, and a peer in Python. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** One measurement: medians over interleaved rounds. */
export interface BenchLine {
  /** What was measured, such as `JSON echo, 64 in flight`. */
  readonly name: string;
  /** Our figure, in `unit`. */
  readonly ours: number;
  /** The figure of the peer, in `unit`; null when the peer is absent. */
  readonly peer: number | null;
  /** Who the peer is; when it is absent, also why. */
  readonly peerName: string;
  /** Such as `rows/s`, `ms` or `MiB`. */
  readonly unit: string;
  /** Above 1 ours is better; null when the peer is absent. */
  readonly ratio: number | null;
  /** The least ratio that is asked for. */
  readonly goal?: number;
}

/** The middle value, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const PYTHONS = ['python3', '/usr/bin/python3'];
const runFile = promisify(execFile);

/**
 * What a Python peer prints, as JSON. It takes the first python3 that has what the script needs (the script prints `{ "absent": why }`
 * when it has not): the one on the path may not be the system's, whose packages Debian installs.
 *
 * @param script path of the script
 * @param args its arguments
 * @throws Error when a script fails for another reason
 */
export async function askPython<Answer extends object>(script: string, args: readonly string[]): Promise<Answer | { readonly absent: string }> {
  let absent = 'there is no python3';
  for (const python of PYTHONS) {
    try {
      const { stdout } = await runFile(python, [script, ...args]);
      const answer = JSON.parse(stdout) as Answer | { readonly absent: string };
      if (!('absent' in answer)) return answer;
      absent = answer.absent;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return { absent };
}
