/** nats-server and PostgreSQL as `npm start` runs them: found, prepared in the state folder, and kept up by a supervisor on unchanging ports. */
import { join } from 'node:path';
import { findNatsServer } from './find-nats-server';
import { findPostgres } from './find-postgres';
import { canBind, withPort } from './free-port';
import type { LocalCredentials } from './local-state';
import { inboxPrefixOf } from './nats-config';
import { postgresAccount, programsFor } from './postgres-account';
import { holdsCluster, resetPassword } from './postgres-cluster';
import type { Run } from './run-file';
import { natsUrlOf, prepareNats, type NatsUser } from './start-nats';
import { preparePostgres, stateFolder } from './start-postgres';
import type { Supervisor } from './supervisor';

/** What both servers need. */
export interface LocalServerOptions {
  /** The state folder. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  readonly supervisor: Supervisor;
  readonly credentials: LocalCredentials;
}

/** How NATS is reached, in the words of run.json, and the address that services are given. */
export type LocalNats = Pick<Run, 'natsUrl' | 'service' | 'client'> & { readonly port?: number; readonly serviceUrl: string };

/** How PostgreSQL is reached. */
export type LocalPostgres = Pick<Run, 'databaseUrl'> & { readonly port?: number };

/** Starts nats-server, or takes the server that NATS_URL names (and NATS_CLIENT_URL, for client programs). */
export async function startLocalNats({ folder, env, log, supervisor, credentials }: LocalServerOptions): Promise<LocalNats> {
  const found = await findNatsServer({ env, log });
  if ('url' in found) {
    log(`NATS: using ${withoutPassword(found.url)} (NATS_URL)`);
    return externalNats(found.url, env.NATS_CLIENT_URL);
  }
  const began = performance.now();
  const access = await withPort(await ifFree(credentials.ports.nats), async (port) => {
    const prepared = prepareNats({
      folder: join(folder, 'nats'),
      server: found,
      port,
      service: credentials.service,
      clients: [credentials.client],
      logFile: join(folder, 'logs', 'nats-server.log'),
    });
    await supervisor.start(prepared.program);
    return prepared.access;
  });
  log(`NATS: ${found.bin} ${found.version} on ${access.url} (${seconds(began)})`);
  return { natsUrl: access.url, service: access.service, client: access.clients[0], port: access.port, serviceUrl: natsUrlOf(access.url, access.service) };
}

/**
 * Starts PostgreSQL with durable settings, or takes the server that DATABASE_URL names.
 *
 * @param clusterFolder the data folder
 * @param passwordLost whether the stored credentials are newer than the cluster, so that its password has to be set again
 */
export async function startLocalPostgres(
  { folder, env, log, supervisor, credentials }: LocalServerOptions,
  { clusterFolder, passwordLost }: { clusterFolder: string; passwordLost: boolean },
): Promise<LocalPostgres> {
  const found = findPostgres({ env });
  if ('url' in found) {
    log(`PostgreSQL: using ${withoutPassword(found.url)} (DATABASE_URL)`);
    return { databaseUrl: found.url };
  }
  const began = performance.now();
  const password = credentials.postgresPassword;
  if (!holdsCluster(clusterFolder)) log(`PostgreSQL: making a database in ${clusterFolder}`);
  else if (passwordLost) {
    const account = postgresAccount();
    resetPassword({ account, programs: programsFor(account, found, stateFolder()) }, clusterFolder, password);
  }
  const logFile = join(folder, 'logs', 'postgres.log');
  const { url, port } = await withPort(await ifFree(credentials.ports.postgres), async (port) => {
    const prepared = preparePostgres({ dataFolder: clusterFolder, programs: found, durable: true, password, port, logFile });
    await supervisor.start(prepared.program);
    return { url: prepared.url, port };
  });
  log(`PostgreSQL: ${found.version} (${found.how}) on 127.0.0.1:${port}, data in ${clusterFolder} (${seconds(began)})`);
  return { databaseUrl: url, port };
}

/** Seconds since a moment of `performance.now()`, for a progress line. */
export function seconds(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`;
}

async function ifFree(port: number | undefined): Promise<number | undefined> {
  return port !== undefined && (await canBind(port)) ? port : undefined;
}

function externalNats(url: string, clientUrl: string | undefined): LocalNats {
  const service = userIn(url);
  const client = userIn(clientUrl ?? url);
  // Where a client has a user of its own, the accounts of nats.conf are in force and with them its private inbox prefix.
  const inboxPrefix = clientUrl === undefined || client === undefined ? '_INBOX' : inboxPrefixOf(client.user);
  return { natsUrl: bare(url), serviceUrl: url, ...(service && { service }), ...(client && { client: { ...client, inboxPrefix } }) };
}

function userIn(url: string): NatsUser | undefined {
  const { username, password } = new URL(url);
  return username === '' ? undefined : { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

function bare(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

function withoutPassword(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
