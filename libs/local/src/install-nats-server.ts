/**
 * Installs nats-server with the system's package manager where that needs neither a password nor an answer: Debian, Ubuntu and Alpine as root,
 * Homebrew as its owner. On Debian a temporary policy-rc.d (deb-policy, invoke-rc.d(8)) keeps the package's own service from starting, since
 * Salus runs a private server and port 4222 may be somebody else's.
 */
import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { findExecutable } from './executable';

type Log = (line: string) => void;

interface Installer {
  /** The package manager's program. */
  readonly program: string;
  /** What a person would type. */
  readonly command: string;
  readonly needsRoot: boolean;
  /** Commands in order; a later one is tried only when the one before failed. */
  readonly attempts: readonly (readonly (readonly string[])[])[];
}

const INSTALLERS: readonly Installer[] = [
  {
    program: 'apt-get',
    command: 'sudo apt-get install -y --no-install-recommends nats-server',
    needsRoot: true,
    attempts: [
      [['apt-get', 'install', '-y', '--no-install-recommends', 'nats-server']],
      [
        ['apt-get', 'update'],
        ['apt-get', 'install', '-y', '--no-install-recommends', 'nats-server'],
      ],
    ],
  },
  { program: 'apk', command: 'sudo apk add nats-server', needsRoot: true, attempts: [[['apk', 'add', '--no-cache', 'nats-server']]] },
  { program: 'brew', command: 'brew install nats-server', needsRoot: false, attempts: [[['brew', 'install', 'nats-server']]] },
  { program: 'choco', command: 'choco install nats-server', needsRoot: true, attempts: [] },
  { program: 'scoop', command: 'scoop install nats-server', needsRoot: false, attempts: [] },
];
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const OUTPUT_LIMIT = 4_000;

/** The command that a person types to install nats-server on this machine. */
export function natsInstallCommand(env: NodeJS.ProcessEnv): string {
  return installerOf(env)?.command ?? 'the package of https://github.com/nats-io/nats-server/releases';
}

/** Installs nats-server when that can be done without asking; gives the reason when it was not. */
export async function installNatsServer({ env, log }: { env: NodeJS.ProcessEnv; log: Log }): Promise<string> {
  const installer = installerOf(env);
  if (installer === undefined) return 'no known package manager is here';
  const isRoot = process.getuid?.() === 0;
  if (installer.needsRoot && !isRoot) return `${installer.program} asks for root`;
  if (!installer.needsRoot && isRoot) return `${installer.program} refuses root`;
  let problem = `${installer.program} is not run without asking`;
  for (const attempt of installer.attempts) {
    log(`nats-server is missing; installing it: ${attempt.map((words) => words.join(' ')).join(' && ')}`);
    const outcome = await withoutServiceStart(installer.program, () => runAll(attempt, env));
    if (outcome === undefined) {
      await disableService(installer.program, env);
      return 'installed';
    }
    problem = outcome;
  }
  return problem;
}

function installerOf(env: NodeJS.ProcessEnv): Installer | undefined {
  return INSTALLERS.find(({ program }) => findExecutable(program, env) !== undefined);
}

async function withoutServiceStart<T>(program: string, work: () => Promise<T>): Promise<T> {
  if (program !== 'apt-get' || existsSync(POLICY_FILE)) return work();
  writeFileSync(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return await work();
  } finally {
    rmSync(POLICY_FILE, { force: true });
  }
}

/** Where systemd runs, the package has enabled its service for the next boot; it would take port 4222 then. */
async function disableService(program: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (program === 'apt-get' && existsSync('/run/systemd/system')) await run('systemctl', ['disable', '--now', 'nats-server'], env);
}

async function runAll(commands: readonly (readonly string[])[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const [program = '', ...args] of commands) {
    const { code, output } = await run(program, args, env);
    if (code !== 0) return `${[program, ...args].join(' ')} failed: ${output.trim().split('\n').slice(-3).join(' / ')}`;
  }
  return undefined;
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(program, [...args], { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' }, stdio: ['ignore', 'pipe', 'pipe'] });
    const collect = (bytes: Buffer) => (output = (output + bytes.toString()).slice(-OUTPUT_LIMIT));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
