/**
 * PostgreSQL refuses to run as root, so root steps down to a user that exists on most systems. That user must be able to read the programs and
 * reach the data folder: programs in a hidden folder are copied, and data below a hidden folder goes to a place of its own.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from '@salus/fault';
import { programFile } from './executable';
import type { PostgresPrograms } from './find-postgres';

/** A user other than root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const CANDIDATES = ['postgres', 'node', 'nobody'];

/**
 * The user that PostgreSQL runs as, or undefined when that is the user of this process.
 *
 * @throws Fault CONFIGURATION when this process is root and no other user is known
 */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of CANDIDATES) {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout?.trim() || Number.NaN));
    if (uid !== undefined && gid !== undefined && uid > 0 && gid >= 0) return { name, uid, gid };
  }
  throw new Fault('CONFIGURATION', `PostgreSQL refuses to run as root and none of the users ${CANDIDATES.join(', ')} exists: create one or set DATABASE_URL`);
}

/** Makes the account the owner of a path; without an account nothing is to do. */
export function giveTo(account: Account | undefined, path: string): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

/** Whether the account can enter a folder that exists. */
export function canEnter(account: Account | undefined, folder: string): boolean {
  if (account === undefined) return true;
  // The kernel decides, not a look at mode bits: access lists and mount options count too.
  return spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { ...identity(account), cwd: '/' }).status === 0;
}

/**
 * Programs that the account can run: the given ones, or a copy (60 MB, made once) below the cache folder.
 *
 * @param cacheFolder a folder that the account can enter, or whose parents it can
 * @throws Fault CONFIGURATION when programs that cannot be copied are out of the account's reach
 */
export function programsFor(account: Account | undefined, programs: PostgresPrograms, cacheFolder: string): PostgresPrograms {
  if (account === undefined || runs(account, programs)) return programs;
  if (!programs.relocatable)
    throw new Fault('CONFIGURATION', `the user ${account.name} cannot run ${programs.binFolder}: make it readable or set DATABASE_URL`);
  const copy = join(cacheFolder, `postgres-${programs.version}`);
  const copied = { ...programs, binFolder: join(copy, 'bin'), how: `${programs.how}, copied to ${copy}` };
  if (existsSync(copied.binFolder) && statSync(copy).uid === 0) return copied;
  copyPrograms(dirname(programs.binFolder), copy);
  if (runs(account, copied)) return copied;
  throw new Fault('CONFIGURATION', `the user ${account.name} cannot run PostgreSQL from ${copy} either: set DATABASE_URL`, { copy });
}

/** The part of an account that `spawn` takes. */
export function identity(account: Account | undefined): { uid?: number; gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

function runs(account: Account, { binFolder }: PostgresPrograms): boolean {
  return ['postgres', 'initdb'].every(
    (name) => spawnSync(join(binFolder, programFile(name)), ['--version'], { ...identity(account), cwd: '/' }).status === 0,
  );
}

function copyPrograms(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  const fresh = mkdtempSync(`${to}-`);
  chmodSync(fresh, 0o755);
  try {
    for (const part of ['bin', 'lib', 'share']) cpSync(join(from, part), join(fresh, part), { recursive: true, verbatimSymlinks: true });
    rmSync(to, { recursive: true, force: true });
    renameSync(fresh, to);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // Another process may have put the same copy there first.
    if (!existsSync(join(to, 'bin'))) throw error;
  }
}
