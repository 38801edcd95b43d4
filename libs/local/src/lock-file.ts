/**
 * One process at a time, by a file that names its holder. The file appears with its text in one step (`link` fails when the name is taken), and a
 * lock whose holder has died is taken over.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '@salus/fault';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity';
import { readIfThere } from './run-file';

/** Either this process holds the lock now, or somebody who lives does. */
export type LockOutcome = { readonly release: () => void } | { readonly holder: ProcessIdentity };

const ATTEMPTS = 100;

/** Takes the lock for this process, or says who has it. */
export function takeLock(path: string): LockOutcome {
  mkdirSync(dirname(path), { recursive: true });
  const self = identifyProcess(process.pid) ?? { pid: process.pid, startTime: 'unknown' };
  const mine = JSON.stringify(self);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(path, mine)) return { release: () => readIfThere(path) === mine && rmSync(path, { force: true }) };
    const theirs = readIfThere(path);
    const holder = theirs === undefined ? undefined : holderIn(theirs);
    if (holder !== undefined && isRunning(holder)) return { holder };
    if (theirs !== undefined) discard(path, theirs);
  }
  throw new Fault('CONFIGURATION', `${path} cannot be taken: remove it when nothing of Salus runs here`, { path });
}

function create(path: string, text: string): boolean {
  const fresh = freshName(path);
  writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(fresh, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** Removes the lock of a holder that died. Of two that try it, one moves the file away; had it been replaced meanwhile, it is put back. */
function discard(path: string, text: string): void {
  const aside = freshName(path);
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readIfThere(aside) === text) rmSync(aside, { force: true });
  else renameSync(aside, path);
}

function freshName(path: string): string {
  return `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
}

function holderIn(text: string): ProcessIdentity | undefined {
  const { pid, startTime } = parsed(text);
  return typeof pid === 'number' && typeof startTime === 'string' ? { pid, startTime } : undefined;
}

function parsed(text: string): { pid?: unknown; startTime?: unknown } {
  try {
    return (JSON.parse(text) as { pid?: unknown } | null) ?? {};
  } catch {
    return {};
  }
}
