import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import * as local from '@salus/local';
import { startPrivateServer, type PrivateServer } from './private-server';

/** A PostgreSQL of one suite's own: no password, loopback only, not durable against a crash of the machine. */
export interface PostgresTestServer extends PrivateServer {
  /** `postgres://salus@127.0.0.1:<port>/postgres` */
  readonly url: string;
}

/**
 * Starts a private PostgreSQL on a copy of a template that is made once per machine; also as root.
 *
 * @param durable true keeps every commit through a kill, for suites that count what was committed; without it the last commits may be lost
 * @throws Fault CONFIGURATION when no PostgreSQL is found
 */
export async function startPostgres({ durable = false }: { durable?: boolean } = {}): Promise<PostgresTestServer> {
  const programs = local.findPostgresPrograms();
  const { first, server } = await startPrivateServer<local.RunningPostgres>({ name: 'postgres', emergencySignal: 'SIGQUIT' }, async (folder, before) => {
    // The temp folder is 0700 and root's, while PostgreSQL runs as another user.
    chmodSync(folder, 0o711);
    return local.startPostgres({ dataFolder: join(folder, 'data'), programs, durable, password: 'test', port: before?.port });
  });
  return Object.assign(server, { url: first.url });
}
