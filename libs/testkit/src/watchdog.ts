/**
 * Ends a server and removes its folder when the test process dies, whatever killed it: a shell waits on a pipe whose other end only this process
 * holds. POSIX only; elsewhere the `exit` handler alone does the work.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

/** A guard over one server process and its folder. */
export interface Watchdog {
  /** Guards this process id from now on, in place of the one before. */
  watch(pid: number, signal: NodeJS.Signals): void;
  /** Stops guarding; neither process nor folder is touched any more. */
  release(): void;
}

// The lines are "<pid> <signal>" of the process to guard; "done" ends the guard. At the end of the input the guarded process is ended.
const SCRIPT = `
pid=; signal=KILL
while read -r first second; do
  if [ "$first" = done ]; then exit 0; fi
  pid=$first; signal=$second
done
if [ -n "$pid" ]; then
  kill -s "$signal" "$pid" 2>/dev/null
  n=0; while kill -0 "$pid" 2>/dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
  kill -s KILL "$pid" 2>/dev/null
fi
rm -rf -- "$1"
`;

/** Starts a guard over a folder; the server is named with `watch` once it runs. */
export function startWatchdog(folder: string): Watchdog {
  const guarded: { pid?: number; signal: NodeJS.Signals } = { signal: 'SIGKILL' };
  const shell =
    process.platform === 'win32' ? undefined : spawn('/bin/sh', ['-c', SCRIPT, 'sh', folder], { cwd: '/', stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell?.on('error', () => undefined);
  shell?.stdin?.on('error', () => undefined);
  shell?.unref();
  (shell?.stdin as { unref?: () => void } | undefined)?.unref?.();
  const atExit = () => {
    if (guarded.pid !== undefined) process.kill(guarded.pid, guarded.signal);
    rmSync(folder, { recursive: true, force: true });
  };
  if (shell === undefined) process.once('exit', atExit);
  return {
    watch: (pid, signal) => {
      Object.assign(guarded, { pid, signal });
      shell?.stdin?.write(`${pid} ${signal.replace('SIG', '')}\n`);
    },
    release: () => {
      process.removeListener('exit', atExit);
      shell?.stdin?.end('done\n');
    },
  };
}
