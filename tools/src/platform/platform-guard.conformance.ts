/**
 * Ends every process of a platform and removes its folder when the test process dies, whatever killed it: a shell waits on a pipe whose other end
 * only the test process holds, then ends the process groups that run.json and the list of further instances name. POSIX only.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { runFileOf } from '@salus/local';

/** A guard over one platform. */
export interface PlatformGuard {
  /** File in which the process ids of further instances stand, one per line. */
  readonly instancesFile: string;
  /** Stops guarding. */
  release(): void;
}

// $1 folder, $2 run.json, $3 list of instances. The supervisor's own entry is the test process, which is dead by then.
const SCRIPT = `
while read -r word; do if [ "$word" = done ]; then exit 0; fi; done
for pid in $(sed -n 's/.*"pid": *\\([0-9]*\\).*/\\1/p' "$2" 2>/dev/null) $(cat "$3" 2>/dev/null); do
  kill -s KILL -- "-$pid" 2>/dev/null
done
rm -rf -- "$1"
`;

/** Starts a guard over a platform whose folder and state folder are given. */
export function guardPlatform(folder: string, stateFolder: string): PlatformGuard {
  const instancesFile = join(folder, 'instances');
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'sh', folder, runFileOf(stateFolder), instancesFile], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  (shell.stdin as { unref?: () => void }).unref?.();
  return { instancesFile, release: () => void shell.stdin.end('done\n') };
}
