import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A process named so that it can be found again: process ids are reused, so the id alone could end a stranger.
 * `startTime` is opaque text that differs between two processes which had the same id: on Linux the clock tick of field 22 of
 * /proc/<pid>/stat (proc(5)), elsewhere the `lstart` of ps(1).
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

const POLL_MS = 20;

/** The identity of a live process, or undefined when there is none of this id (a zombie counts as gone). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startTime = process.platform === 'linux' ? linuxStartTime(pid) : ps(pid, 'lstart=');
  return startTime === undefined ? undefined : { pid, startTime };
}

/** Whether exactly this process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startTime === identity.startTime;
}

/** Sends a signal to exactly this process; false when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  return isRunning(identity) && send(identity.pid, signal);
}

/**
 * Ends exactly this process: the signals one after the other, each with its time to take effect, then SIGKILL to it and to the process group that
 * it leads.
 *
 * @param graceMs milliseconds that each signal is given
 * @returns true when there was something to end
 */
export async function endProcess(identity: ProcessIdentity, signals: readonly NodeJS.Signals[], graceMs: number): Promise<boolean> {
  if (!isRunning(identity)) return false;
  for (const signal of signals) {
    signalProcess(identity, signal);
    if (await gone(identity, graceMs)) return true;
  }
  if (isRunning(identity) && process.platform !== 'win32') send(-identity.pid, 'SIGKILL');
  signalProcess(identity, 'SIGKILL');
  await gone(identity, graceMs);
  return true;
}

/** The command line of a live process, its words joined by blanks; undefined when it is gone or cannot be read. */
export function commandLineOf(pid: number): string | undefined {
  if (process.platform === 'linux') return readOrUndefined(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim() || undefined;
  return ps(pid, 'args=');
}

function send(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function gone(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += POLL_MS) {
    if (!isRunning(identity)) return true;
    await sleep(POLL_MS);
  }
  return !isRunning(identity);
}

function linuxStartTime(pid: number): string | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return fields[19];
}

function ps(pid: number, column: string): string | undefined {
  const listed = spawnSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  return listed.stdout?.trim() || undefined;
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
