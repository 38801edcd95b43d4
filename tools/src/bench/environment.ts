/** Where a measurement was taken: a figure without its machine says nothing. */
import { spawnSync } from 'node:child_process';
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';

export interface BenchEnvironment {
  /** ISO 8601, in UTC. */
  readonly date: string;
  /** Version of Node, without the v. */
  readonly node: string;
  readonly cpu: string;
  /** Cores that this process may use. */
  readonly cores: number;
  readonly memoryGib: number;
  /** Such as `linux x64`. */
  readonly system: string;
  /** Mean number of runnable processes in the last minute, before the start; above 1 something else was at work. */
  readonly load: number;
  /** Short hash, or null outside a git checkout. */
  readonly commit: string | null;
  readonly hasUncommittedChanges: boolean;
}

/**
 * Looks at this machine and this checkout.
 *
 * @param root folder of the checkout
 * @param now when the run began
 */
export function readEnvironment(root: string, now: Date): BenchEnvironment {
  return {
    date: now.toISOString(),
    node: process.versions.node,
    cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    load: Math.round(loadavg()[0] * 100) / 100,
    commit: git(root, 'rev-parse', '--short', 'HEAD') ?? null,
    hasUncommittedChanges: (git(root, 'status', '--porcelain') ?? '') !== '',
  };
}

/** Standard output of git, or undefined when there is no git or no repository. */
function git(root: string, ...words: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', ['-C', root, ...words], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** The environment in two lines. */
export function environmentText(environment: BenchEnvironment): string {
  const { date, node, cpu, cores, memoryGib, system, load, commit, hasUncommittedChanges } = environment;
  const minute = date.slice(0, 16).replace('T', ' ');
  const at = commit === null ? 'no commit' : `commit ${commit}${hasUncommittedChanges ? ' with uncommitted changes' : ''}`;
  return `${minute} UTC, ${at}\nNode ${node}, ${cpu}, ${cores} cores, ${memoryGib} GiB, ${system}, load ${load.toFixed(2)} before the start`;
}
