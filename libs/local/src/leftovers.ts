/**
 * Ends what a crash of an earlier `npm start` left running: the processes that run.json names, each checked by its start time, and a nats-server
 * or PostgreSQL whose process file stands beside its data although run.json does not know it. Services go first, then their servers.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { commandLineOf, endProcess, identifyProcess } from './process-identity';
import { readIfThere, type Run } from './run-file';
import { NATS_PID_FILE } from './start-nats';

/** Where leftovers can be. */
export interface LeftoverOptions {
  /** What run.json said; undefined when there was none. */
  readonly run: Run | undefined;
  /** The folder of nats.conf. */
  readonly natsFolder: string;
  /** PostgreSQL's data folder. */
  readonly clusterFolder: string;
  /** Milliseconds until a process that was asked to end is killed; default 10,000. */
  readonly graceMs?: number;
}

const SERVERS = ['postgres', 'nats-server'];

/** Ends the leftovers and gives the names of what was ended. */
export async function endLeftovers({ run, natsFolder, clusterFolder, graceMs = 10_000 }: LeftoverOptions): Promise<string[]> {
  const ended: string[] = [];
  const known = Object.entries(run?.processes ?? {}).filter(([name]) => name !== 'salus');
  const services = known.filter(([name]) => !SERVERS.includes(name));
  await Promise.all(
    services.map(async ([name, identity]) => {
      if (await endProcess(identity, ['SIGTERM'], graceMs)) ended.push(name);
    }),
  );
  for (const [name, identity] of known.filter(([name]) => SERVERS.includes(name))) {
    if (await endProcess(identity, signalsOf(name), graceMs)) ended.push(name);
  }
  const files = [
    { name: 'postgres', pidFile: join(clusterFolder, 'postmaster.pid'), argument: clusterFolder },
    { name: 'nats-server', pidFile: join(natsFolder, NATS_PID_FILE), argument: join(natsFolder, 'nats.conf') },
  ];
  for (const file of files) {
    if (await endByPidFile(file, graceMs)) ended.push(file.name);
  }
  return ended;
}

/** Ends the process that a file names when its command line shows that it is ours, and removes the file: a stale one can stop a new start. */
async function endByPidFile({ name, pidFile, argument }: { name: string; pidFile: string; argument: string }, graceMs: number): Promise<boolean> {
  const text = readIfThere(pidFile);
  if (text === undefined) return false;
  const pid = Number.parseInt(text, 10);
  const identity = pid > 0 && commandLineOf(pid)?.includes(argument) ? identifyProcess(pid) : undefined;
  const ended = identity !== undefined && (await endProcess(identity, signalsOf(name), graceMs));
  rmSync(pidFile, { force: true });
  return ended;
}

function signalsOf(name: string): NodeJS.Signals[] {
  return name === 'postgres' ? ['SIGINT', 'SIGQUIT'] : ['SIGTERM'];
}
