/**
 * The settings that every service shares and the one way to read them. An app's `config.ts` extends `serviceSettings` by
 * its own keys; nothing else in the app looks at the environment. Each key has a default and a sentence, from which
 * docs/generated/configuration.md is made.
 */
import { Fault } from '@salus/fault';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

export const serviceSettings = z.object({
  NATS_URL: z.string().default('nats://127.0.0.1:4222').describe('NATS server: nats://host:port or nats://user:password@host:port; several with commas.'),
  NATS_USER: z.string().optional().describe('User of the account SALUS.'),
  NATS_PASSWORD: z.string().optional().describe('Password of that user.'),
  NATS_QUEUE: z.string().optional().describe('Queue group of the instances that share the work; the name of the service if left out.'),
  ALLOW_ANONYMOUS: flag.default(false).describe('Start on a NATS server without the accounts SALUS and CLIENTS; every caller is then internal. For development only.'),
  HEALTH_HOST: z.string().default('127.0.0.1').describe('Address of the health port.'),
  HEALTH_PORT: port.default(0).describe('Port for /live, /ready and /metrics over HTTP; 0 takes a free one.'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('Least level that is logged.'),
  DRAIN_TIMEOUT_MS: z.coerce.number().int().min(0).default(60_000).describe('Longest time that a stopping service waits for requests under way, in milliseconds.'),
});

/** For services that keep facts in PostgreSQL. */
export const databaseSettings = {
  DATABASE_URL: z.string().default('postgres://salus@127.0.0.1:5432/salus').describe('PostgreSQL database: postgres://user:password@host:port/database.'),
  DATABASE_POOL: z.coerce.number().int().min(1).default(5).describe('Connections to PostgreSQL at most, per process.'),
};

/** For services that read model folders. */
export const modelsSettings = {
  SALUS_MODELS: z.string().default('models').describe('Folder with one folder per model.'),
};

/** For services that run jobs. */
export const jobSettings = {
  JOB_CONCURRENCY: z.coerce.number().int().min(0).default(1).describe('Jobs that one instance runs at a time, each in its own process; 0 runs none.'),
  JOB_LEASE_MS: z.coerce.number().int().min(1_000).default(30_000).describe('After how long without a sign of life a job is given to another worker, in milliseconds.'),
};

/** For services that read tables. */
export const engineSettings = {
  DUCKDB_MEMORY_MB: z.coerce.number().int().min(64).default(512).describe('Memory that DuckDB may take in one process, in MiB; beyond it, it spills into the temporary folder.'),
  DUCKDB_THREADS: z.coerce.number().int().min(1).default(2).describe('Threads that DuckDB may use in one process.'),
  TEMPORARY_FOLDER: z.string().default('.salus/temporary').describe('Folder for files that live as long as a job.'),
  CACHE_FOLDER: z.string().default('.salus/cache').describe('Folder for copies of blobs, named by their digest; it may be wiped at any time.'),
  CACHE_MB: z.coerce.number().int().min(64).default(4_096).describe('Bound of the cache folder, in MiB.'),
};

/**
 * Reads settings from the environment, empty values being absent ones.
 * @throws Fault CONFIGURATION naming every key that does not fit, never its value: it may be a secret
 */
export function readConfiguration<Schema extends z.ZodType>(schema: Schema, env: Readonly<Record<string, string | undefined>>): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ key: issue.path.join('.'), expected: issue.message }));
  throw new Fault('CONFIGURATION', `the configuration does not fit: ${issues.map(({ key, expected }) => `${key}: ${expected}`).join('; ')}`, { issues });
}
