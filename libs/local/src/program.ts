/**
 * One child process: started with its output in a file, awaited until it serves, ended without a trace.
 *
 * The output goes straight into the file and not through a pipe, so that the child neither blocks nor dies when its parent is killed. On POSIX
 * each child leads its own process group: a Ctrl-C on the terminal reaches the parent alone, which then ends its children in order.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@salus/fault';
import { identifyProcess, type ProcessIdentity } from './process-identity';

/** A program and how to tell that it serves. */
export interface Program {
  /** What it is called in messages, such as `nats-server`. */
  readonly name: string;
  /** Path of the executable. */
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child; default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The user to run as, for a parent that is root. */
  readonly account?: { readonly uid: number; readonly gid: number };
  /** File that the output is appended to (mode 600); its folder is made. */
  readonly logFile: string;
  /** Asked every 20 ms until it says true. A regular expression is matched against the output since the start. */
  readonly ready: RegExp | ((start: ProgramStart) => boolean | Promise<boolean>);
  /** Milliseconds until a program that is not ready is given up; default 60,000. */
  readonly readyTimeoutMs?: number;
  /** The signal that asks for an orderly end; default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** Milliseconds between that signal and SIGKILL; default 10,000. */
  readonly stopGraceMs?: number;
}

/** What a readiness check can look at. */
export interface ProgramStart {
  readonly pid: number;
  /** The output since the start, at most its last 64 KiB. */
  output(): string;
}

/** How a process ended: exactly one of the two is not null. */
export interface ProgramExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that was ready once. */
export interface RunningProgram extends ProcessIdentity {
  readonly name: string;
  /** Resolves when the process has ended; never rejects. */
  readonly exited: Promise<ProgramExit>;
  /** The output since the start, at most its last 64 KiB. */
  output(): string;
  /** Asks for an orderly end, and kills after the grace period; resolves when it has ended. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
}

const POLL_MS = 20;
const OUTPUT_BYTES = 65_536;
const LARGEST_LOG_BYTES = 10_000_000;

/**
 * Starts a program and waits until it is ready.
 *
 * @throws Fault UNAVAILABLE with the end of the output when it ends or is not ready in time; nothing is left running then
 */
export async function launch(program: Program): Promise<RunningProgram> {
  const running = spawnProgram(program);
  await untilReady(program, running);
  return running;
}

/** Waits until a program that was spawned is ready; throws as {@link launch} does. */
export async function untilReady(program: Program, running: RunningProgram): Promise<void> {
  const timeoutMs = program.readyTimeoutMs ?? 60_000;
  const ended = { exit: undefined as ProgramExit | undefined };
  void running.exited.then((exit) => (ended.exit = exit));
  const deadline = performance.now() + timeoutMs;
  const { ready } = program;
  for (;;) {
    if (ended.exit !== undefined) throw failure(program, `ended before it was ready (${describeExit(ended.exit)})`, running.output());
    if (ready instanceof RegExp ? ready.test(running.output()) : await ready(running)) return;
    if (performance.now() > deadline) {
      await running.kill();
      throw failure(program, `was not ready within ${timeoutMs} ms`, running.output());
    }
    await sleep(POLL_MS);
  }
}

/** An exit as a few words. */
export function describeExit(exit: ProgramExit): string {
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}

/** Starts a program and does not wait; an executable that is missing shows as an exit with code 127. */
export function spawnProgram(program: Program): RunningProgram {
  mkdirSync(dirname(program.logFile), { recursive: true });
  rotate(program.logFile);
  const log = openSync(program.logFile, 'a', 0o600);
  const startsAt = fstatSync(log).size;
  const child = spawn(program.command, [...program.args], {
    cwd: program.cwd,
    env: program.env ?? process.env,
    uid: program.account?.uid,
    gid: program.account?.gid,
    stdio: ['ignore', log, log],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  closeSync(log);
  const exited = exitOf(child);
  const signal = (name: NodeJS.Signals) => child.exitCode === null && child.signalCode === null && child.kill(name);
  const end = async (first: NodeJS.Signals, graceMs: number): Promise<void> => {
    signal(first);
    const timer = setTimeout(() => signal('SIGKILL'), graceMs);
    await exited;
    clearTimeout(timer);
  };
  return {
    name: program.name,
    pid: child.pid ?? -1,
    startTime: (child.pid === undefined ? undefined : identifyProcess(child.pid)?.startTime) ?? 'unknown',
    exited,
    output: () => readFrom(program.logFile, startsAt),
    stop: () => end(program.stopSignal ?? 'SIGTERM', program.stopGraceMs ?? 10_000),
    kill: () => end('SIGKILL', 1_000),
  };
}

function exitOf(child: ChildProcess): Promise<ProgramExit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      killGroup(child.pid);
      resolve({ code, signal });
    });
    child.once('error', () => child.pid === undefined && resolve({ code: 127, signal: null }));
  });
}

/** Whatever the child itself had started ends with it: nothing may outlive its supervisor's knowledge of it. */
function killGroup(leader: number | undefined): void {
  if (leader === undefined || process.platform === 'win32') return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    // ESRCH is the usual case: the group is empty. EPERM is how macOS says the same of zombies.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function rotate(logFile: string): void {
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG_BYTES) renameSync(logFile, `${logFile}.1`);
}

function readFrom(path: string, startsAt: number): string {
  const file = openSync(path, 'r');
  try {
    const size = fstatSync(file).size;
    const from = Math.max(startsAt, size - OUTPUT_BYTES);
    const bytes = Buffer.alloc(Math.max(0, size - from));
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, from));
  } finally {
    closeSync(file);
  }
}

function failure(program: Program, what: string, output: string): Fault {
  const tail = output.trim().split('\n').slice(-12).join('\n');
  return new Fault('UNAVAILABLE', `${program.name} ${what}; its last output: ${tail || '(none)'}`, { program: program.name, log: program.logFile });
}
