import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWatchdog } from './watchdog';

/** A process that a suite can stop, kill and start again. */
export interface ServerProcess {
  readonly pid: number;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** A server of one suite's own, in a temp folder that `stop` removes. */
export interface PrivateServer {
  /** Process id of the server; another one after `restart`. */
  readonly pid: number;
  /** The folder of its data. */
  readonly folder: string;
  /** Ends it in order and removes its folder; a second call does nothing. */
  stop(): Promise<void>;
  /** SIGKILL; data and port are kept for `restart`. */
  kill(): Promise<void>;
  /** Ends it in order when it runs, then starts it again on the same data and port. */
  restart(): Promise<void>;
}

/** Starts a server in a temp folder of its own; nothing is left when the start fails, or when this process dies. */
export async function startPrivateServer<T extends ServerProcess>(
  { name, emergencySignal }: { name: string; emergencySignal: NodeJS.Signals },
  start: (folder: string, before?: T) => Promise<T>,
): Promise<{ readonly first: T; readonly server: PrivateServer }> {
  const folder = mkdtempSync(join(tmpdir(), `salus-test-${name}-`));
  const watchdog = startWatchdog(folder);
  const remove = () => {
    watchdog.release();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const started = await start(folder).catch((error: unknown) => {
    remove();
    throw error;
  });
  let current = started;
  let stopped = false;
  watchdog.watch(current.pid, emergencySignal);
  const server: PrivateServer = {
    get pid() {
      return current.pid;
    },
    folder,
    stop: async () => {
      if (stopped) return;
      stopped = true;
      await current.stop();
      remove();
    },
    kill: () => current.kill(),
    restart: async () => {
      await current.stop();
      current = await start(folder, current);
      watchdog.watch(current.pid, emergencySignal);
    },
  };
  return { first: started, server };
}
