/** Starts a private nats-server on loopback with the two accounts and JetStream, restartable on the same port and store. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withPort } from './free-port';
import { inboxPrefixOf, writeNatsConfig } from './nats-config';
import { launch, type Program, type RunningProgram } from './program';

/** A NATS user with the password and the prefix its inboxes must have. */
export interface NatsUser {
  readonly user: string;
  readonly password: string;
}

/** A client user and the only prefix (without final dot) under which it may subscribe. */
export interface NatsClientUser extends NatsUser {
  readonly inboxPrefix: string;
}

/** What a private nats-server needs. */
export interface NatsOptions {
  /** Folder for nats.conf (mode 600), the JetStream store and nats.log; made when missing. */
  readonly folder: string;
  /** Path and version of the executable, as `findNatsServer` gives them. */
  readonly server: { readonly bin: string; readonly version: string };
  /** TCP port on 127.0.0.1; default: a free one. */
  readonly port?: number;
  /** Default: user `service` with a random password. */
  readonly service?: NatsUser;
  /** Default: one user `client` with a random password. */
  readonly clients?: readonly NatsUser[];
  /** False gives a server without accounts; default true. */
  readonly accounts?: boolean;
  /** Default: nats.log in the folder. */
  readonly logFile?: string;
}

/** Where a nats-server is reached, and as whom. */
export interface NatsAccess {
  /** `nats://127.0.0.1:<port>`, without credentials. */
  readonly url: string;
  readonly port: number;
  readonly service: NatsUser;
  readonly clients: readonly NatsClientUser[];
  readonly version: string;
}

/** File below the folder in which a running server keeps its process id. */
export const NATS_PID_FILE = 'nats.pid';

/** A nats-server that runs. */
export interface RunningNats extends NatsAccess, RunningProgram {}

/** A user with a random password of 144 bits. */
export function randomNatsUser(user: string): NatsUser {
  return { user, password: randomBytes(18).toString('base64url') };
}

/** `nats://user:password@host:port` for programs that take credentials in the address. */
export function natsUrlOf(url: string, { user, password }: NatsUser): string {
  return url.replace('nats://', `nats://${encodeURIComponent(user)}:${encodeURIComponent(password)}@`);
}

/** Writes nats.conf into the folder and gives the program to run; the same options give the same port and store again. */
export function prepareNats(options: NatsOptions & { readonly port: number }): { readonly program: Program; readonly access: NatsAccess } {
  const service = options.service ?? randomNatsUser('service');
  const clients = options.clients ?? [randomNatsUser('client')];
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const configFile = join(options.folder, 'nats.conf');
  const config = writeNatsConfig({
    port: options.port,
    serverVersion: options.server.version,
    storeFolder: join(options.folder, 'jetstream'),
    pidFile: join(options.folder, NATS_PID_FILE),
    service,
    clients,
    accounts: options.accounts,
  });
  writeFileSync(configFile, config, { mode: 0o600 });
  return {
    program: {
      name: 'nats-server',
      command: options.server.bin,
      args: ['-c', configFile],
      cwd: options.folder,
      logFile: options.logFile ?? join(options.folder, 'nats.log'),
      ready: /Server is ready/,
    },
    access: {
      url: `nats://127.0.0.1:${options.port}`,
      port: options.port,
      service,
      clients: clients.map((client) => ({ ...client, inboxPrefix: inboxPrefixOf(client.user) })),
      version: options.server.version,
    },
  };
}

/**
 * Starts nats-server and waits until it takes connections.
 *
 * @throws Fault UNAVAILABLE with the end of the server's log when it does not come up
 */
export async function startNats(options: NatsOptions): Promise<RunningNats> {
  return withPort(options.port, async (port) => {
    const { program, access } = prepareNats({ ...options, port });
    return { ...access, ...(await launch(program)) };
  });
}
