import { join } from 'node:path';
import * as local from '@salus/local';
import { startPrivateServer, type PrivateServer } from './private-server';

/** How one client user reaches the server. */
export interface NatsTestClient {
  /** `nats://<user>:<password>@127.0.0.1:<port>` */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** The only prefix (without final dot) under which this user may subscribe. */
  readonly inboxPrefix: string;
}

/** A nats-server of one suite's own. */
export interface NatsTestServer extends PrivateServer {
  /** `nats://127.0.0.1:<port>` without credentials; anonymous connections are refused where there are accounts. */
  readonly url: string;
  /** The address with the credentials of the services' account. */
  readonly serviceUrl: string;
  readonly service: local.NatsUser;
  readonly clients: Readonly<Record<string, NatsTestClient>>;
  /** Version of the server, such as `2.9.10`. */
  readonly version: string;
}

/**
 * Starts a private nats-server with JetStream, its accounts as in `npm start`.
 *
 * @param accounts false gives a server without accounts that takes anonymous connections; default true
 * @param clients user names of the clients' account; default `['client']`
 * @throws Fault CONFIGURATION when no nats-server is found (a test run installs nothing)
 */
export async function startNats({ accounts = true, clients = ['client'] }: { accounts?: boolean; clients?: readonly string[] } = {}): Promise<NatsTestServer> {
  const found = await local.findNatsServer({ env: { ...process.env, NATS_URL: undefined }, allowInstall: false });
  if ('url' in found) throw new Error('unreachable: NATS_URL was left out');
  const users = { service: local.randomNatsUser('service'), clients: clients.map(local.randomNatsUser) };
  const { first, server } = await startPrivateServer<local.RunningNats>({ name: 'nats', emergencySignal: 'SIGKILL' }, (folder, before) =>
    local.startNats({ folder: join(folder, 'nats'), server: found, ...users, port: before?.port, accounts }),
  );
  const urlOf = (user: local.NatsUser) => (accounts ? local.natsUrlOf(first.url, user) : first.url);
  return Object.assign(server, {
    url: first.url,
    serviceUrl: urlOf(first.service),
    service: first.service,
    clients: Object.fromEntries(first.clients.map((client) => [client.user, { ...client, url: urlOf(client) }])),
    version: first.version,
  });
}
