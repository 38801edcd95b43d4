/**
 * The folder that each attempt gets for its files. The worker removes it with the attempt; what a killed worker left is removed when
 * the next one starts on this host, which it knows by the name: host, process id, and a random part.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Fault } from '@salus/fault';

const HOST = hostname().replaceAll(/[^A-Za-z0-9]/g, '_');

/** Makes an empty folder below the given one. */
export function makeJobFolder(temporaryFolder: string): Promise<string> {
  return mkdtemp(join(temporaryFolder, `job-${HOST}-${process.pid}-`));
}

/** Removes a folder with all in it; one that cannot be removed now is left to the next start. */
export async function removeJobFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
}

/**
 * Makes the parent folder when it is missing and removes what workers of this host have left that are no more. Call it before the
 * first job.
 *
 * @throws Fault CONFIGURATION when the folder cannot be made
 */
export async function prepareJobFolders(temporaryFolder: string): Promise<void> {
  await mkdir(temporaryFolder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new Fault('CONFIGURATION', `the folder for temporary files cannot be made: ${error.code}`, { code: error.code });
  });
  for (const name of await readdir(temporaryFolder)) {
    const [, host, pid] = /^job-([A-Za-z0-9_]+)-(\d+)-/.exec(name) ?? [];
    // This process has made none yet: one with its own id is that of an earlier process.
    if (host === HOST && (Number(pid) === process.pid || !isAlive(Number(pid)))) await removeJobFolder(join(temporaryFolder, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
