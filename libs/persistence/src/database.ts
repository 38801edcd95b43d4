/**
 * Opens PostgreSQL for one service: its own schema, the schema `platform` that all share, and the migrations of both. They run
 * at start under an advisory lock, since several instances may start at once. Old and new versions run side by side, so that a
 * migration only expands (new tables, new columns that may be empty); a later release contracts. A version that meets migrations
 * it does not know goes on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@salus/fault';
import { Client } from 'pg';
import { DataSource, type DataSourceOptions, type MigrationInterface } from 'typeorm';
import { platformEntities } from './blob.entity';
import { CreateBlobs1763900000000 } from './create-blobs.migration';
import { databaseFault } from './database-fault';
import { SilentLogger } from './silent.logger';

type EntityList = readonly (new () => object)[];
type MigrationList = readonly (new () => MigrationInterface)[];

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  /** Name of the service and of its schema: `[a-z][a-z0-9_]*`, not `platform`. */
  readonly service: string;
  readonly entities: EntityList;
  /** Migration classes in order; a name ends in its 13-digit timestamp. */
  readonly migrations: MigrationList;
  /** Connections at most; 10 if left out. */
  readonly poolSize?: number;
  /** How PostgreSQL lists the connections; the name of the service if left out. */
  readonly applicationName?: string;
  /** How long to wait for a server that is not there yet, in milliseconds; 60,000 if left out. */
  readonly startTimeoutMs?: number;
  /** False leaves the schemas as they are: for processes of a service that has migrated them, such as its job processes. */
  readonly migrate?: boolean;
  /** After how long the server ends a transaction that sits idle (its process was stopped), in milliseconds; 60,000 if left out. */
  readonly idleTransactionTimeoutMs?: number;
}

const PLATFORM_SCHEMA = 'platform';
const PLATFORM_MIGRATIONS: MigrationList = [CreateBlobs1763900000000];
/** Any number will do, as long as every service and version takes the same one. */
const MIGRATION_LOCK_KEY = 7_258_700_001;
const MIGRATION_LOCK_TIMEOUT_MS = 300_000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2_000;

async function untilAvailable<T>(timeoutMs: number, attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_RETRY_MS)) {
    try {
      return await attempt();
    } catch (error) {
      const fault = databaseFault(error);
      if (fault.code !== 'UNAVAILABLE' || performance.now() + delayMs > end) throw fault;
      await sleep(delayMs);
    }
  }
}

function dataSourceOf(options: DatabaseOptions, schema: string, parts: { entities: EntityList; migrations: MigrationList }): DataSource {
  const idleMs = options.idleTransactionTimeoutMs ?? 60_000;
  const settings: DataSourceOptions = {
    type: 'postgres',
    url: options.url,
    schema,
    entities: [...parts.entities],
    migrations: [...parts.migrations],
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    installExtensions: false,
    // TypeORM's own loggers print statements, parameters and error texts; the caller logs the fault.
    logger: new SilentLogger(),
    applicationName: options.applicationName ?? options.service,
    poolSize: options.poolSize ?? 10,
    connectTimeoutMS: 10_000,
    // The pool replaces the dead connection, and a statement that was running on it rejects by itself.
    poolErrorHandler: () => undefined,
    extra: { keepAlive: true, keepAliveInitialDelayMillis: 10_000, options: `-c search_path="${schema}",${PLATFORM_SCHEMA} -c idle_in_transaction_session_timeout=${idleMs}` },
  };
  return new DataSource(settings);
}

async function runMigrations(options: DatabaseOptions, schema: string, migrations: MigrationList): Promise<void> {
  if (migrations.length === 0) return;
  const dataSource = dataSourceOf({ ...options, poolSize: 1 }, schema, { entities: [], migrations });
  await dataSource.initialize();
  try {
    await dataSource.runMigrations();
  } finally {
    await dataSource.destroy();
  }
}

async function migrate(options: DatabaseOptions): Promise<void> {
  const client = new Client({ connectionString: options.url, application_name: `${options.service} migrations`, connectionTimeoutMillis: 10_000 });
  // Without a listener a lost connection would end the process; the statement under way rejects all the same.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`SET lock_timeout = ${MIGRATION_LOCK_TIMEOUT_MS}`);
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK_KEY]);
    for (const schema of [PLATFORM_SCHEMA, options.service]) await client.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
    await runMigrations(options, PLATFORM_SCHEMA, PLATFORM_MIGRATIONS);
    await runMigrations(options, options.service, options.migrations);
  } finally {
    await client.end();
  }
}

/**
 * Opens the database of one service, migrated. Waits with backoff for a server that is not there yet.
 *
 * @returns a data source whose unqualified names mean the schema of the service, then `platform`; the caller destroys it
 * @throws Fault CONFIGURATION for a bad service name or a refused login, UNAVAILABLE when the server stays away, INTERNAL when a
 * migration fails (nothing of that migration is kept)
 */
export async function openDatabase(options: DatabaseOptions): Promise<DataSource> {
  if (!/^[a-z][a-z0-9_]{0,30}$/.test(options.service) || options.service === PLATFORM_SCHEMA) {
    throw new Fault('CONFIGURATION', `the service name gives its schema its name: expected [a-z][a-z0-9_]* other than platform, received ${options.service}`);
  }
  return untilAvailable(options.startTimeoutMs ?? 60_000, async () => {
    if (options.migrate !== false) await migrate(options);
    const entities = [...platformEntities, ...options.entities];
    return dataSourceOf(options, options.service, { entities, migrations: options.migrations }).initialize();
  });
}

/** The schema that a data source of {@link openDatabase} works in. */
export function schemaOf(dataSource: DataSource): string {
  const { options } = dataSource;
  if (options.type !== 'postgres' || !options.schema) throw new Fault('CONFIGURATION', 'expected a PostgreSQL data source with a schema');
  return options.schema;
}
