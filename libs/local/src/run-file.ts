/**
 * `.salus/run.json`: how to reach what `npm start` runs here. The command line, tests and a second `npm start` read it. It holds credentials, so
 * only its owner may read it (mode 600), and it appears whole or not at all.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from '@salus/fault';
import { isRunning, type ProcessIdentity } from './process-identity';
import { natsUrlOf, type NatsClientUser, type NatsUser } from './start-nats';

/** Version of the schema of run.json. */
export const RUN_SCHEMA = 1;

/** What run.json says. */
export interface Run {
  readonly schema: typeof RUN_SCHEMA;
  /** Whether everything that was asked for is up. */
  readonly ready: boolean;
  /** When this run began, ISO 8601. */
  readonly startedAt: string;
  /** `nats://127.0.0.1:<port>` without credentials, or the address that NATS_URL names. */
  readonly natsUrl: string;
  /** The user of the services; absent where NATS_URL names a server without credentials. */
  readonly service?: NatsUser;
  /** The user of client programs; absent as above. */
  readonly client?: NatsClientUser;
  /** `postgres://user:password@host:port/database` */
  readonly databaseUrl: string;
  readonly ports: {
    /** Absent where NATS_URL names a server that runs elsewhere. */
    readonly nats?: number;
    /** Absent where DATABASE_URL does. */
    readonly postgres?: number;
    /** Health port of each service. */
    readonly health: Readonly<Record<string, number>>;
  };
  /** `salus` is the process that supervises the others. */
  readonly processes: Readonly<Record<string, ProcessIdentity>>;
  readonly folders: {
    /** The folder of run.json, logs and the NATS store. */
    readonly state: string;
    /** PostgreSQL's data; elsewhere than under `state` where its user cannot reach that. Absent with DATABASE_URL. */
    readonly cluster?: string;
  };
}

/** The path of run.json below a state folder. */
export function runFileOf(folder: string): string {
  return join(folder, 'run.json');
}

/**
 * Reads run.json.
 *
 * @param folder the state folder, such as `<checkout>/.salus`
 * @returns undefined when there is none
 * @throws Fault CONFIGURATION when it is not readable or does not fit the schema
 */
export function readRun(folder: string): Run | undefined {
  const text = readIfThere(runFileOf(folder));
  return text === undefined ? undefined : parseRun(text, runFileOf(folder));
}

/** Writes run.json with mode 600; a reader sees the old one or the new one, never a part. */
export function writeRun(folder: string, run: Run): void {
  writePrivateFile(runFileOf(folder), `${JSON.stringify(run, null, 2)}\n`);
}

/** Removes run.json when it is there. */
export function removeRun(folder: string): void {
  rmSync(runFileOf(folder), { force: true });
}

/** Whether the process that wrote this run still supervises it. */
export function isRunAlive(run: Run): boolean {
  return run.processes.salus !== undefined && isRunning(run.processes.salus);
}

/** The address with the credentials of client programs. */
export function clientNatsUrl(run: Run): string {
  return run.client === undefined ? run.natsUrl : natsUrlOf(run.natsUrl, run.client);
}

/** Writes a file that only its owner may read, replacing what was there in one step. */
export function writePrivateFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' });
  renameSync(fresh, path);
}

/** The text of a file, or undefined when it does not exist. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Fault('CONFIGURATION', `${path} cannot be read: ${(error as Error).message}`, { path }, error);
  }
}

type Check = (value: unknown) => boolean;
const isText: Check = (value) => typeof value === 'string' && value !== '';
const isPort: Check = (value) => Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536;
const isPid: Check = (value) => Number.isInteger(value) && (value as number) > 0;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const recordOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);
const objectOf =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

const FIELDS: Readonly<Record<keyof Run, Check>> = {
  schema: (value) => value === RUN_SCHEMA,
  ready: (value) => typeof value === 'boolean',
  startedAt: isText,
  natsUrl: isText,
  service: optional(objectOf({ user: isText, password: isText })),
  client: optional(objectOf({ user: isText, password: isText, inboxPrefix: isText })),
  databaseUrl: isText,
  ports: objectOf({ nats: optional(isPort), postgres: optional(isPort), health: recordOf(isPort) }),
  processes: recordOf(objectOf({ pid: isPid, startTime: isText })),
  folders: objectOf({ state: isText, cluster: optional(isText) }),
};

function parseRun(text: string, path: string): Run {
  const advice = 'remove it when nothing of Salus runs here';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Fault('CONFIGURATION', `${path} is not JSON: ${advice}`, { path }, error);
  }
  if (!isObject(value)) throw new Fault('CONFIGURATION', `${path} must hold an object: ${advice}`, { path });
  const wrong = Object.entries(FIELDS).filter(([name, check]) => !check(value[name])).map(([name]) => name);
  if (wrong.length > 0) throw new Fault('CONFIGURATION', `${path} has wrong or missing fields (${wrong.join(', ')}): ${advice}`, { path, fields: wrong });
  return value as unknown as Run;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
