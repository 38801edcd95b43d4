/**
 * Starts a private PostgreSQL on loopback, restartable on the same data and port. `durable: true` is what `npm start` uses: what was committed
 * survives a crash of process and machine. `durable: false` switches that off for tests, and asks for no password.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@salus/fault';
import { programFile } from './executable';
import type { PostgresPrograms } from './find-postgres';
import { withPort } from './free-port';
import { postgresAccount, programsFor, type Account } from './postgres-account';
import { createCluster, createTestCluster, holdsCluster, POSTGRES_DATABASE, POSTGRES_USER } from './postgres-cluster';
import { launch, type Program, type RunningProgram } from './program';

/** What a private PostgreSQL needs. */
export interface PostgresOptions {
  /** Folder of the data; made when missing. Its parents must be open to the account that PostgreSQL runs as. */
  readonly dataFolder: string;
  readonly programs: PostgresPrograms;
  /** Whether a commit must survive a crash; false is right for tests only. */
  readonly durable: boolean;
  /** Password of the user; needed when durable, unused otherwise. */
  readonly password?: string;
  /** TCP port on 127.0.0.1; default: a free one. */
  readonly port?: number;
  /** Default: `<dataFolder>.log`. */
  readonly logFile?: string;
}

/** A PostgreSQL that runs. */
export interface RunningPostgres extends RunningProgram {
  /** `postgres://user[:password]@127.0.0.1:<port>/postgres` */
  readonly url: string;
  readonly port: number;
  readonly dataFolder: string;
}

const ALWAYS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200', log_timezone: 'UTC', timezone: 'UTC' };
const DURABLE = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' };
const FOR_TESTS = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', min_wal_size: '2MB', shared_buffers: '32MB' };
const RECOVERY_TIMEOUT_MS = 120_000;
const PREDECESSOR_TIMEOUT_MS = 15_000;

/** Where copies that outlive one run belong: SALUS_STATE_HOME, else the system's state folder for root, else the user's. */
export function stateFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SALUS_STATE_HOME) return env.SALUS_STATE_HOME;
  if (process.platform !== 'win32' && process.getuid?.() === 0) return '/var/lib/salus';
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'salus');
}

/** Makes the cluster when it is missing and gives the program to run; the same options give the same data and port again. */
export function preparePostgres(options: PostgresOptions & { readonly port: number }): { readonly program: Program; readonly url: string } {
  const account = postgresAccount();
  const programs = programsFor(account, options.programs, stateFolder());
  ensureCluster({ ...options, programs }, account);
  const settings = { ...ALWAYS, ...(options.durable ? DURABLE : FOR_TESTS) };
  const login = options.durable ? `${POSTGRES_USER}:${encodeURIComponent(options.password ?? '')}` : POSTGRES_USER;
  return {
    program: {
      name: 'postgres',
      command: join(programs.binFolder, programFile('postgres')),
      args: ['-D', options.dataFolder, '-p', String(options.port), ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
      cwd: options.dataFolder,
      account,
      logFile: options.logFile ?? `${options.dataFolder}.log`,
      ready: ({ pid }) => saysReady(options.dataFolder, pid),
      readyTimeoutMs: RECOVERY_TIMEOUT_MS,
      // SIGTERM would wait for every client to leave; SIGINT rolls their transactions back and shuts down in order.
      stopSignal: 'SIGINT',
      stopGraceMs: 20_000,
    },
    url: `postgres://${login}@127.0.0.1:${options.port}/${POSTGRES_DATABASE}`,
  };
}

/**
 * Starts PostgreSQL and waits until it takes connections, crash recovery included.
 *
 * @throws Fault CONFIGURATION when the cluster cannot be made, UNAVAILABLE with the end of the log when it does not come up
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  return withPort(options.port, async (port) => {
    const { program, url } = preparePostgres({ ...options, port });
    return { url, port, dataFolder: options.dataFolder, ...(await launchAfterPredecessor(program)) };
  });
}

function ensureCluster(options: PostgresOptions, account: Account | undefined): void {
  if (holdsCluster(options.dataFolder)) {
    checkMajorVersion(options);
    return;
  }
  const cluster = { programs: options.programs, account };
  if (!options.durable) {
    const fingerprint = createHash('sha256').update(`${options.programs.binFolder} ${options.programs.version}`).digest('hex').slice(0, 8);
    createTestCluster(cluster, options.dataFolder, join(tmpdir(), `salus-postgres-${account?.uid ?? process.getuid?.() ?? 'user'}-${fingerprint}`));
    return;
  }
  if (!options.password) throw new Fault('CONFIGURATION', 'a durable PostgreSQL needs a password');
  createCluster(cluster, options.dataFolder, options.password);
}

function checkMajorVersion({ dataFolder, programs }: PostgresOptions): void {
  const made = readFileSync(join(dataFolder, 'PG_VERSION'), 'utf8').trim();
  const [major] = programs.version.split('.');
  if (made === major) return;
  throw new Fault(
    'CONFIGURATION',
    `the data in ${dataFolder} was made by PostgreSQL ${made} and ${programs.binFolder} is ${programs.version}: ` +
      'install the same major version, run pg_upgrade, or move the folder away to begin anew',
    { expected: made, received: programs.version },
  );
}

/** After a SIGKILL of the postmaster its backends take a moment to notice; until then a new one refuses the data folder. */
async function launchAfterPredecessor(program: Program): Promise<RunningProgram> {
  for (const deadline = performance.now() + PREDECESSOR_TIMEOUT_MS; ; ) {
    try {
      return await launch(program);
    } catch (error) {
      const early = Fault.is(error) && /pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(error.message);
      if (!early || performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

/** The last line that postmaster.pid gets is the server's status; pg_ctl reads the same (`src/bin/pg_ctl/pg_ctl.c`, wait_for_postmaster_start). */
function saysReady(dataFolder: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}
