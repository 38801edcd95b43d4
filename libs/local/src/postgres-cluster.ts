/**
 * Makes PostgreSQL's data folder ("cluster"): with a password for `npm start`, or as a copy of a template for tests, which start many.
 * Everything or nothing: the folder appears under its name only when initdb has succeeded.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Fault } from '@salus/fault';
import { programFile } from './executable';
import type { PostgresPrograms } from './find-postgres';
import { giveTo, identity, type Account } from './postgres-account';

/** The superuser and the database that every cluster of ours has. */
export const POSTGRES_USER = 'salus';
export const POSTGRES_DATABASE = 'postgres';

/** Whose cluster, made with which programs. */
export interface ClusterOptions {
  readonly programs: PostgresPrograms;
  readonly account: Account | undefined;
}

/** Whether a folder holds a cluster. */
export function holdsCluster(dataFolder: string): boolean {
  return existsSync(join(dataFolder, 'PG_VERSION'));
}

/**
 * Makes a cluster whose user must give the password (SCRAM).
 *
 * @throws Fault CONFIGURATION with initdb's words; nothing is left behind then
 */
export function createCluster({ programs, account }: ClusterOptions, dataFolder: string, password: string): void {
  inFreshFolder(dataFolder, account, (fresh) => {
    const passwordFile = `${fresh}.password`;
    writeFileSync(passwordFile, password, { mode: 0o600 });
    giveTo(account, passwordFile);
    try {
      initialise({ programs, account }, fresh, ['--auth=scram-sha-256', `--pwfile=${passwordFile}`]);
    } finally {
      rmSync(passwordFile, { force: true });
    }
  });
}

/**
 * Makes a cluster for tests: no password (loopback only), small write-ahead files, copied from a template that initdb makes once.
 *
 * @param templateFolder where the template is or will be
 */
export function createTestCluster({ programs, account }: ClusterOptions, dataFolder: string, templateFolder: string): void {
  const owner = account?.uid ?? process.getuid?.();
  const usable = () => holdsCluster(templateFolder) && (owner === undefined || statSync(templateFolder).uid === owner);
  if (!usable())
    inFreshFolder(templateFolder, account, (fresh) => initialise({ programs, account }, fresh, ['--auth=trust', '--no-sync', '--wal-segsize=1']));
  if (!usable()) throw new Fault('CONFIGURATION', `${templateFolder} belongs to another user: remove it`, { templateFolder });
  inFreshFolder(dataFolder, account, (fresh) => copyOwned(templateFolder, fresh));
}

/** Sets the password of the user of a cluster that does not run, for one whose password was lost. */
export function resetPassword({ programs, account }: ClusterOptions, dataFolder: string, password: string): void {
  const sql = `ALTER USER ${POSTGRES_USER} PASSWORD '${password.replaceAll("'", "''")}'\n`;
  const done = spawnSync(join(programs.binFolder, programFile('postgres')), ['--single', '-D', dataFolder, POSTGRES_DATABASE], {
    ...identity(account),
    cwd: dataFolder,
    input: sql,
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Fault('CONFIGURATION', `PostgreSQL could not set a new password in ${dataFolder}: ${lastLines(done.stderr)}`, { dataFolder });
}

function inFreshFolder(folder: string, account: Account | undefined, fill: (fresh: string) => void): void {
  mkdirSync(dirname(folder), { recursive: true });
  const fresh = mkdtempSync(join(dirname(folder), `${basename(folder)}.new-`));
  giveTo(account, fresh);
  try {
    fill(fresh);
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // Another process may have made the same folder first, which is as good.
    if (!holdsCluster(folder)) throw error;
  }
}

function initialise({ programs, account }: ClusterOptions, folder: string, args: readonly string[]): void {
  const fixed = ['-D', folder, '-U', POSTGRES_USER, '--encoding=UTF8', '--locale=C', '--no-instructions'];
  const done = spawnSync(join(programs.binFolder, programFile('initdb')), [...fixed, ...args], {
    ...identity(account),
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  });
  if (done.status === 0) return;
  const words = lastLines(done.stderr) || String(done.error ?? done.signal);
  throw new Fault('CONFIGURATION', `initdb could not make ${folder}: ${words}`, { folder });
}

/** Copies a folder together with the owners of its files, which Node's own copy gives to this process. */
function copyOwned(from: string, to: string): void {
  if (process.platform === 'win32') {
    cpSync(from, to, { recursive: true });
    return;
  }
  const done = spawnSync('cp', ['-a', `${from}/.`, to], { encoding: 'utf8' });
  if (done.status !== 0) throw new Fault('CONFIGURATION', `could not copy ${from} to ${to}: ${lastLines(done.stderr)}`, { from, to });
}

function lastLines(text: string | undefined): string {
  return (text ?? '').trim().split('\n').slice(-4).join(' / ');
}
