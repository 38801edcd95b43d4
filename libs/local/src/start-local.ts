/**
 * Everything that `npm start` runs on this machine: nats-server, PostgreSQL and one process per service, supervised, with `run.json` saying how to
 * reach them. One run per state folder: a second one is told about the first; what a crash left is ended before anything is started.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@salus/fault';
import { freePort } from './free-port';
import { endLeftovers } from './leftovers';
import { seconds, startLocalNats, startLocalPostgres } from './local-servers';
import { clusterFolderFor, readCredentials, removeUnfinishedClusters, writeCredentials } from './local-state';
import { takeLock } from './lock-file';
import { postgresAccount } from './postgres-account';
import { identifyProcess } from './process-identity';
import { readRun, removeRun, RUN_SCHEMA, writeRun, type Run } from './run-file';
import { serviceProgram } from './service-program';
import { Supervisor, type Backoff } from './supervisor';

/** What to run and where its state lies. */
export interface LocalOptions {
  /** The state folder, such as `<checkout>/.salus`; made when missing. */
  readonly folder: string;
  /** The services to run, each as a process of its own. */
  readonly services: readonly string[];
  /** The file that Node runs for a service; relative to the folder above the state folder. */
  readonly appEntry: (service: string) => string;
  /** Takes one line of progress; default: nobody. */
  readonly log?: (line: string) => void;
  /** The environment to read NATS_URL, NATS_SERVER_BIN, DATABASE_URL and SALUS_MODELS from, and to hand on; default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Further variables for one service. */
  readonly serviceEnv?: (service: string) => Readonly<Record<string, string>>;
  /** Ends a start that is under way. */
  readonly signal?: AbortSignal;
  /** Pauses before what died is started again. */
  readonly backoff?: Backoff;
}

/** What runs now, or what ran already. */
export type StartedLocal =
  | { readonly already: Run }
  | {
      readonly already?: undefined;
      /** run.json as it is at this moment; process ids change when something is started again. */
      readonly run: Run;
      /** Ends everything, services first; resolves when no process is left. A second call waits for the first. */
      stop(): Promise<void>;
    };

const SERVICE_TIER = 1;
const OTHER_START_MS = 5_000;

/**
 * Starts everything and waits until all of it is ready.
 *
 * @returns `{ already }` when another process runs this state folder; nothing was touched then
 * @throws Fault CONFIGURATION when a server cannot be found or made, UNAVAILABLE when something does not come up (with the end of its output),
 *   CANCELLED when `signal` fired; nothing is left running in all three cases
 */
export async function startLocal(options: LocalOptions): Promise<StartedLocal> {
  const folder = resolve(options.folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = takeLock(join(folder, 'lock'));
  if ('holder' in lock) return { already: await runOfOther(folder, lock.holder.pid) };
  const local = new LocalRun({ ...options, folder });
  const stop = () => local.stop().finally(lock.release);
  const cancel = () => void local.stop();
  options.signal?.addEventListener('abort', cancel, { once: true });
  try {
    options.signal?.throwIfAborted();
    await local.start();
    // A stop that came after the last program was ready has nobody else to notice it.
    options.signal?.throwIfAborted();
  } catch (error) {
    await stop();
    if (options.signal?.aborted && !Fault.is(error)) throw new Fault('CANCELLED', 'the start was cancelled', {}, error);
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', cancel);
  }
  return {
    get run() {
      return local.run;
    },
    stop,
  };
}

/** One run from its first process to its last. */
class LocalRun {
  run: Run;
  private readonly supervisor: Supervisor;
  private readonly env: NodeJS.ProcessEnv;
  private readonly log: (line: string) => void;
  private stopped: Promise<void> | undefined;

  constructor(private readonly options: LocalOptions) {
    const { folder, backoff } = options;
    this.env = options.env ?? process.env;
    this.log = options.log ?? (() => undefined);
    this.supervisor = new Supervisor({ log: this.log, backoff, onChange: () => this.update({}) });
    const self = identifyProcess(process.pid);
    this.run = {
      schema: RUN_SCHEMA,
      ready: false,
      startedAt: new Date().toISOString(),
      natsUrl: 'nats://127.0.0.1',
      databaseUrl: 'postgres://127.0.0.1',
      ports: { health: {} },
      processes: self === undefined ? {} : { salus: self },
      folders: { state: folder },
    };
  }

  async start(): Promise<void> {
    const { folder } = this.options;
    const external = Boolean(this.env.DATABASE_URL);
    const clusterFolder = external ? join(folder, 'postgres') : clusterFolderFor(folder, postgresAccount());
    await this.clear(clusterFolder);
    if (!external) this.update({ folders: { state: folder, cluster: clusterFolder } });
    const { credentials, fresh } = readCredentials(folder);
    // Kept before the cluster is made with them: a crash in between must not leave a cluster whose password nobody knows.
    if (fresh) writeCredentials(folder, credentials);
    const servers = { folder, env: this.env, log: this.log, supervisor: this.supervisor, credentials };
    const [nats, postgres] = await Promise.all([
      startLocalNats(servers),
      startLocalPostgres(servers, { clusterFolder, passwordLost: fresh }),
    ]);
    const { port: natsPort, serviceUrl, ...natsAccess } = nats;
    const ports = { ...(natsPort && { nats: natsPort }), ...(postgres.port && { postgres: postgres.port }) };
    writeCredentials(folder, { ...credentials, ports: { ...credentials.ports, ...ports } });
    this.update({ ...natsAccess, databaseUrl: postgres.databaseUrl, ports: { ...ports, health: {} } });
    await this.startServices(serviceUrl);
    this.update({ ready: true });
  }

  async stop(): Promise<void> {
    this.stopped ??= this.supervisor.stop().then(() => removeRun(this.options.folder));
    await this.stopped;
  }

  /** Ends what a crash left, and remembers this run from the first moment on. */
  private async clear(clusterFolder: string): Promise<void> {
    const { folder } = this.options;
    const before = this.earlierRun();
    const ended = await endLeftovers({ run: before, natsFolder: join(folder, 'nats'), clusterFolder: before?.folders.cluster ?? clusterFolder });
    if (ended.length > 0) this.log(`ended what an earlier run had left: ${ended.join(', ')}`);
    removeUnfinishedClusters(clusterFolder);
    this.update({});
  }

  /** A run.json that cannot be read must not keep Salus from starting: nobody supervises it, or the lock would be taken. */
  private earlierRun(): Run | undefined {
    try {
      return readRun(this.options.folder);
    } catch (error) {
      this.log(`${Fault.from(error).message}; it is replaced`);
      return undefined;
    }
  }

  private async startServices(natsUrl: string): Promise<void> {
    const { folder, services, appEntry, serviceEnv } = this.options;
    const root = dirname(folder);
    const health: Record<string, number> = {};
    for (const name of services) health[name] = await freePort();
    this.update({ ports: { ...this.run.ports, health } });
    const env = { SALUS_MODELS: join(root, 'models'), ...this.env, NATS_URL: natsUrl, DATABASE_URL: this.run.databaseUrl };
    await Promise.all(
      services.map(async (name) => {
        const began = performance.now();
        const program = serviceProgram({
          name,
          entry: resolve(root, appEntry(name)),
          cwd: root,
          env: { ...env, ...serviceEnv?.(name) },
          healthPort: health[name] as number,
          logFolder: join(folder, 'logs'),
        });
        await this.supervisor.start(program, SERVICE_TIER);
        this.log(`${name}: ready (${seconds(began)})`);
      }),
    );
  }

  private update(change: Partial<Run>): void {
    if (this.stopped !== undefined) return;
    const { salus } = this.run.processes;
    this.run = { ...this.run, ...change, processes: { ...(salus && { salus }), ...this.supervisor.processes() } };
    writeRun(this.options.folder, this.run);
  }
}

/** The run of the process that holds the lock; it writes run.json right after it took the lock. */
async function runOfOther(folder: string, pid: number): Promise<Run> {
  for (const deadline = performance.now() + OTHER_START_MS; performance.now() < deadline; await sleep(20)) {
    const run = readRun(folder);
    if (run?.processes.salus?.pid === pid) return run;
  }
  throw new Fault('CONFLICT', `process ${pid} is starting or stopping Salus in ${folder}; try again when it is done`, { folder, pid });
}
