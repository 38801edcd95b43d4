/**
 * Finds a nats-server: an address given by NATS_URL, the executable named by NATS_SERVER_BIN, one on PATH or in the usual folders, and at last
 * one that the system's package manager installs without asking. No package registry of Node ships the executable.
 */
import { spawnSync } from 'node:child_process';
import { Fault } from '@salus/fault';
import { findExecutable, isExecutable } from './executable';
import { installNatsServer, natsInstallCommand } from './install-nats-server';

/** A server that runs elsewhere, or an executable to start. */
export type NatsServer = { readonly url: string } | { readonly bin: string; readonly version: string; readonly how: string };

/** Where to look, and whether installing is allowed. */
export interface FindNatsOptions {
  /** Default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Takes one line of progress; default: nobody. */
  readonly log?: (line: string) => void;
  /** Whether the system's package manager may be used; default true. */
  readonly allowInstall?: boolean;
  /** Folders to look in after those of PATH; default {@link USUAL_FOLDERS}. */
  readonly folders?: readonly string[];
}

/** Where packages put the executable, also when PATH leaves these folders out. */
export const USUAL_FOLDERS: readonly string[] = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin', '/opt/local/bin', '/snap/bin'];

/**
 * Finds a nats-server, or installs one.
 *
 * @throws Fault CONFIGURATION when there is none, naming the command that installs it, or when NATS_URL or NATS_SERVER_BIN is unusable
 */
export async function findNatsServer(options: FindNatsOptions = {}): Promise<NatsServer> {
  const { env = process.env, log = () => undefined, allowInstall = true, folders = USUAL_FOLDERS } = options;
  if (env.NATS_URL) return { url: checkedUrl(env.NATS_URL) };
  if (env.NATS_SERVER_BIN) return described(env.NATS_SERVER_BIN, 'NATS_SERVER_BIN');
  const installed = findExecutable('nats-server', env, folders);
  if (installed !== undefined) return described(installed, installed);
  const problem = allowInstall ? await installNatsServer({ env, log }) : 'installing it was not allowed';
  const fresh = findExecutable('nats-server', env, folders);
  if (fresh !== undefined) return described(fresh, 'installed by the package manager');
  throw new Fault(
    'CONFIGURATION',
    `nats-server was not found on PATH or in ${folders.join(', ')} (${problem}). Install it with: ${natsInstallCommand(env)} ` +
      '– or set NATS_SERVER_BIN to the executable, or NATS_URL to a server that runs.',
    { problem, command: natsInstallCommand(env) },
  );
}

function described(bin: string, how: string): NatsServer {
  if (!isExecutable(bin)) throw new Fault('CONFIGURATION', `NATS_SERVER_BIN must name an executable file; received "${bin}"`, { bin });
  const asked = spawnSync(bin, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const version = /v(\d+\.\d+\.\d+)/.exec(`${asked.stdout}${asked.stderr}`)?.[1];
  if (version === undefined) throw new Fault('CONFIGURATION', `"${bin} --version" must name a version of nats-server`, { bin });
  return { bin, version, how };
}

function checkedUrl(url: string): string {
  if (!/^(nats|tls|ws|wss):\/\/[^\s]+$/.test(url)) throw new Fault('CONFIGURATION', 'NATS_URL must be an address such as nats://user:password@host:4222');
  return url;
}
