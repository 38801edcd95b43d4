/**
 * The whole platform for one suite: nats-server, PostgreSQL with durable settings and the services as real processes from their `dist`, started as
 * `npm start` starts them, in a temp folder with its own copy of `models/`. Nothing is left when it is stopped or when the test process dies.
 * Limits: `dist` is taken as it is when it is there; `npm test` and `npm run verify` build it first.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientNatsUrl, freePort, launch, natsUrlOf, startLocal, type Backoff, type Run, type RunningProgram, type StartedLocal } from '@salus/local';
import { connectClient, type Client } from '@salus/messaging';
import { RawSocketClient } from '@salus/testkit';
import { guardPlatform, type PlatformGuard } from './platform-guard.conformance';

/** The services of the vertical, in the order of the flow. */
export const SERVICES = ['ingestion', 'preprocessing', 'training', 'prediction'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** The checkout. */
export const checkout = resolve(__dirname, '../../..');
const FIXTURE_MODELS = join(checkout, 'libs/registry/fixtures/models');
/** What died is back soon, so that a suite with many kills does not spend its time waiting. */
const QUICK_BACKOFF: Backoff = { firstMs: 100, longestMs: 1_000, steadyAfterMs: 3_000 };
const POLL_MS = 20;

/** What differs from `npm start`. */
export interface PlatformOptions {
  /** Further variables of every service. */
  readonly env?: Readonly<Record<string, string>>;
  /** A nats-server of the suite's own, with the address of the services and that of the client. */
  readonly nats?: { readonly serviceUrl: string; readonly clientUrl: string };
}

/** One further process of a service. */
export interface Instance extends RunningProgram {
  readonly logFile: string;
}

type Started = Exclude<StartedLocal, { readonly already: Run }>;

/** A platform that runs; made with {@link Platform.start}. */
export class Platform {
  /** The copy of `models/` that the services read; a suite may add folders and edit them. */
  readonly modelsFolder: string;
  /** What the supervisor said, line by line. */
  readonly lines: string[] = [];
  private readonly stateFolder: string;
  private readonly guard: PlatformGuard;
  private readonly clients: Client[] = [];
  private readonly rawClients: RawSocketClient[] = [];
  private readonly instances: Instance[] = [];
  private started: Started | undefined;

  private constructor(
    readonly folder: string,
    private readonly options: PlatformOptions,
  ) {
    // PostgreSQL runs as another user where this process is root, and its data lies in here.
    chmodSync(folder, 0o755);
    this.modelsFolder = join(folder, 'models');
    this.stateFolder = join(folder, '.salus');
    this.guard = guardPlatform(folder, this.stateFolder);
  }

  /** Starts everything and waits until all of it is ready; nothing is left when that fails. */
  static async start(options: PlatformOptions = {}): Promise<Platform> {
    ensureBuilt();
    const platform = new Platform(mkdtempSync(join(tmpdir(), 'salus-platform-')), options);
    try {
      copyModels(platform.modelsFolder);
      await platform.startAgain();
      return platform;
    } catch (error) {
      await platform.stop();
      throw error;
    }
  }

  /** run.json as it is now; process ids change when something is started again. */
  get run(): Run {
    if (this.started === undefined) throw new Error('the platform does not run');
    return this.started.run;
  }

  get databaseUrl(): string {
    return this.run.databaseUrl;
  }

  /** Folder of the logs of all processes. */
  get logFolder(): string {
    return join(this.stateFolder, 'logs');
  }

  /** Folder of the JetStream store. */
  get jetstreamFolder(): string {
    return join(this.stateFolder, 'nats', 'jetstream');
  }

  /** Folder of everything but PostgreSQL's data, which may lie elsewhere. */
  get state(): string {
    return this.stateFolder;
  }

  /** Process id of a supervised program. */
  pid(name: string): number {
    const { [name]: found } = this.run.processes;
    if (found === undefined) throw new Error(`no process ${name}; there are ${Object.keys(this.run.processes).join(', ')}`);
    return found.pid;
  }

  /** Everything that a service has logged so far, over all its starts. */
  log(service: string): string {
    return readFileSync(join(this.logFolder, `${service}.log`), 'utf8');
  }

  /** A connection of its own, closed by `stop`. */
  async connect(): Promise<Client> {
    const { natsUrl, client } = this.run;
    const connected = await connectClient({ url: natsUrl, user: client?.user, password: client?.password, inboxPrefix: client?.inboxPrefix, checksReplies: true });
    this.clients.push(connected);
    return connected;
  }

  /** A client on a bare socket, closed by `stop`. */
  async connectRaw(): Promise<RawSocketClient> {
    const connected = await RawSocketClient.connect({ url: clientNatsUrl(this.run), inboxPrefix: this.run.client?.inboxPrefix });
    this.rawClients.push(connected);
    return connected;
  }

  /** Starts one more process of a service beside the supervised one, and waits until it is ready. */
  async addInstance(service: ServiceName, env: Readonly<Record<string, string>> = {}): Promise<Instance> {
    const { natsUrl, service: user, databaseUrl } = this.run;
    const port = await freePort();
    const logFile = join(this.logFolder, `${service}-${this.instances.length + 2}.log`);
    const serviceUrl = this.options.nats?.serviceUrl ?? (user === undefined ? natsUrl : natsUrlOf(natsUrl, user));
    const running = await launch({
      name: service,
      command: process.execPath,
      args: ['--enable-source-maps', entryOf(service)],
      cwd: this.folder,
      env: { ...this.environment(), NATS_URL: serviceUrl, DATABASE_URL: databaseUrl, HEALTH_PORT: String(port), ...env },
      logFile,
      ready: () => isReady(port),
    });
    const instance = { ...running, logFile };
    appendFileSync(this.guard.instancesFile, `${instance.pid}\n`);
    this.instances.push(instance);
    return instance;
  }

  /** Waits until a killed program is there again under another process id and all services are ready. */
  async untilBack(name: string, killedPid: number): Promise<number> {
    while (this.pid(name) === killedPid || !(await this.allReady())) await sleep(POLL_MS);
    return this.pid(name);
  }

  /** Ends every process and keeps the folder, for {@link startAgain}. */
  async halt(): Promise<void> {
    await Promise.allSettled([...this.clients.splice(0), ...this.rawClients.splice(0)].map((client) => client.close()));
    await Promise.allSettled(this.instances.splice(0).map((instance) => instance.stop()));
    await this.started?.stop();
    this.started = undefined;
  }

  /** Starts everything on the state that is there. */
  async startAgain(): Promise<void> {
    const started = await startLocal({
      folder: this.stateFolder,
      services: [...SERVICES],
      appEntry: (service) => entryOf(service as ServiceName),
      env: this.environment(),
      log: (line) => void this.lines.push(line),
      backoff: QUICK_BACKOFF,
    });
    if (started.already !== undefined) throw new Error('another process runs this folder');
    this.started = started;
  }

  /** Ends every process and removes the folder. */
  async stop(): Promise<void> {
    await this.halt();
    this.guard.release();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private async allReady(): Promise<boolean> {
    const ready = await Promise.all(Object.values(this.run.ports.health).map(isReady));
    return ready.every(Boolean);
  }

  private environment(): NodeJS.ProcessEnv {
    const { nats, env } = this.options;
    const own = { SALUS_MODELS: this.modelsFolder, NATS_URL: nats?.serviceUrl, NATS_CLIENT_URL: nats?.clientUrl, DATABASE_URL: undefined };
    return { ...process.env, ...own, ...env };
  }
}

/** Files of a folder and below it, with their full paths. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function entryOf(service: ServiceName): string {
  return join(checkout, 'apps', service, 'dist', 'main.js');
}

/** The models of the checkout, and the fixture models that are no part of it. */
function copyModels(folder: string): void {
  mkdirSync(folder);
  for (const from of [join(checkout, 'models'), FIXTURE_MODELS].filter(existsSync)) cpSync(from, folder, { recursive: true });
}

function ensureBuilt(): void {
  if (SERVICES.every((service) => existsSync(entryOf(service)))) return;
  const script = `import { ensureBuilt } from ${JSON.stringify(join(checkout, 'tools/setup.mjs'))}; await ensureBuilt({ log: console.error });`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: checkout, stdio: ['ignore', 'inherit', 'inherit'] });
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false; // nobody listens there (yet), or it is too busy to say
  }
}
