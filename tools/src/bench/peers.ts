/**
 * The programs that benchmarks compare with. Each benchmark names the Debian packages of its own peers; here they are put together and
 * installed by apt, which checks them against Debian's keys. Without apt or without root nothing is changed and the command is printed.
 */
import { spawnSync } from 'node:child_process';
import { Fault } from '@salus/fault';
import { loadBenchmark } from './run-bench';
import { scanSuites } from './scan';

/** What the installation needs from this machine. */
export interface PeerMachine {
  /** User id; 0 is root, undefined where there is none. */
  readonly userId: number | undefined;
  /** Output of a program, or undefined when it cannot run or fails. */
  readonly outputOf: (program: string, words: readonly string[]) => string | undefined;
  /** Runs a program on this terminal; whether it ended well. */
  readonly run: (program: string, words: readonly string[]) => boolean;
}

const PACKAGE = /^[a-z0-9][a-z0-9+.-]+$/;
const APT_OPTIONS = ['-y', '--no-install-recommends'];

/**
 * Names of the packages of all benchmarks, sorted, each once.
 *
 * @param root folder of the checkout
 * @throws Fault CONFIGURATION for a name that Debian does not allow
 */
export function peerPackages(root: string): string[] {
  const files = scanSuites(root).flatMap((suite) => suite.files);
  const named = files.flatMap((file) => (loadBenchmark(root, file).peers?.debian ?? []).map((name) => ({ file, name })));
  const wrong = named.find(({ name }) => !PACKAGE.test(name));
  if (wrong !== undefined) throw new Fault('CONFIGURATION', `${wrong.file} names the peer "${wrong.name}"; expected the name of a Debian package`, wrong);
  return [...new Set(named.map(({ name }) => name))].sort();
}

/**
 * Installs what is missing.
 *
 * @param packages names of Debian packages
 * @param log takes one line of progress
 * @returns whether all of them are there at the end
 */
export function installPeers(packages: readonly string[], machine: PeerMachine, log: (line: string) => void): boolean {
  const missing = packages.filter((name) => !isInstalled(name, machine));
  for (const name of packages) log(`${name}: ${missing.includes(name) ? 'missing' : 'installed'}`);
  if (missing.length === 0) return true;
  const command = ['apt-get', 'install', ...APT_OPTIONS, ...missing];
  if (machine.outputOf('apt-get', ['--version']) === undefined) {
    log(`there is no apt-get here. The peers are Debian packages; install what stands for ${missing.join(', ')} on this system.`);
    return false;
  }
  if (machine.userId !== 0) {
    log(`run this: sudo apt-get update && sudo ${command.join(' ')}`);
    return false;
  }
  log(`apt-get update && ${command.join(' ')}`);
  return machine.run('apt-get', ['update']) && machine.run(command[0], command.slice(1)) && missing.every((name) => isInstalled(name, machine));
}

function isInstalled(name: string, { outputOf }: PeerMachine): boolean {
  return outputOf('dpkg-query', ['--show', '--showformat=${db:Status-Status}', name])?.trim() === 'installed';
}

/** This machine. */
export function thisMachine(): PeerMachine {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return {
    userId: process.getuid?.(),
    outputOf: (program, words) => {
      const { status, stdout } = spawnSync(program, words, { encoding: 'utf8' });
      return status === 0 ? stdout : undefined;
    },
    run: (program, words) => spawnSync(program, words, { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0,
  };
}
