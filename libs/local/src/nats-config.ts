/**
 * The text of nats.conf with the two accounts: services live in SALUS, client programs in CLIENTS.
 *
 * CLIENTS imports the client-facing subjects of SALUS with `share: true`, so that the server itself writes the `Nats-Request-Info` header with
 * the caller's user name, and overwrites one that a client made up. JetStream exists in SALUS only. Each client user may publish to the
 * client-facing subjects and subscribe to its own inbox prefix, nothing else: neither internal traffic nor another client's replies are in reach.
 * `$SRV.>` is exported with `response: stream`, else the server drops the reply route after the first of several answering instances.
 * Source: NATS documentation, "Multi Tenancy using Accounts" and "Authorization". Runs on nats-server 2.9 and later.
 */
import { Fault } from '@salus/fault';

/** The services whose subjects clients may call. */
export const SERVICE_NAMES = ['ingestion', 'preprocessing', 'training', 'diagnosis', 'prediction', 'recommendation'] as const;

/** User and password of one NATS connection; letters, digits, `_` and `-` only. */
export interface NatsCredentials {
  readonly user: string;
  /** The password itself, or the environment variable from which the server takes it at start. */
  readonly password: string | { readonly env: string };
}

/** What nats.conf depends on. */
export interface NatsConfigOptions {
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string;
  /** TCP port; -1 for any free one. */
  readonly port: number;
  /** Version of the server that will read the file, such as `2.9.10`. */
  readonly serverVersion: string;
  /** Folder of the JetStream store. */
  readonly storeFolder: string;
  /** The user of the services' account. */
  readonly service: NatsCredentials;
  /** The users of the clients' account. */
  readonly clients: readonly NatsCredentials[];
  /** False leaves the accounts out: anybody may connect and do anything. For tests of a server without accounts; default true. */
  readonly accounts?: boolean;
  /** File for the server's process id; default: none. */
  readonly pidFile?: string;
  /** Port of the monitoring page; default: none. */
  readonly monitorPort?: number;
}

/** Largest message in bytes that the shipped configuration takes: 8 MiB. */
export const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;

const DISCOVERY_SUBJECTS = '$SRV.>';
const PLAIN_WORD = /^[A-Za-z0-9_-]+$/;

/** The prefix of the only subjects that a client user may subscribe to, without the final dot. */
export function inboxPrefixOf(user: string): string {
  return `_INBOX_${user}`;
}

/**
 * The text of nats.conf.
 *
 * @throws Fault CONFIGURATION when a user name or password holds more than letters, digits, `_` and `-`, or a user name is there twice
 */
export function writeNatsConfig(options: NatsConfigOptions): string {
  checkCredentials([options.service, ...options.clients]);
  return [
    '# Written by Salus; a change here is overwritten at the next start.',
    `host: ${quoted(options.host ?? '127.0.0.1')}`,
    `port: ${options.port}`,
    ...(options.monitorPort === undefined ? [] : [`http_port: ${options.monitorPort}`]),
    ...(options.pidFile === undefined ? [] : [`pid_file: ${quoted(options.pidFile)}`]),
    'server_name: "salus"',
    `max_payload: ${MAX_PAYLOAD_BYTES}`,
    'jetstream {',
    `  store_dir: ${quoted(options.storeFolder)}`,
    ...(knowsSyncInterval(options.serverVersion) ? ['  sync_interval: always'] : []),
    '}',
    ...(options.accounts === false ? [] : accountLines(options)),
    '',
  ].join('\n');
}

function accountLines({ service, clients }: NatsConfigOptions): string[] {
  const subjects = [...SERVICE_NAMES.map((name) => `${name}.>`), DISCOVERY_SUBJECTS];
  const publish = subjects.map((subject) => `"${subject}"`).join(', ');
  return [
    'accounts {',
    '  SALUS {',
    '    jetstream: enabled',
    '    users: [',
    `      { user: ${quoted(service.user)}, password: ${passwordText(service)} }`,
    '    ]',
    '    exports: [',
    ...subjects.map((subject) => `      { service: "${subject}"${subject === DISCOVERY_SUBJECTS ? ', response: stream' : ''}, accounts: [CLIENTS] }`),
    '    ]',
    '  }',
    '  CLIENTS {',
    '    users: [',
    ...clients.flatMap((client) => [
      `      { user: ${quoted(client.user)}, password: ${passwordText(client)}, permissions: {`,
      `        publish: [${publish}]`,
      `        subscribe: ["${inboxPrefixOf(client.user)}.>"]`,
      '      } }',
    ]),
    '    ]',
    '    imports: [',
    ...subjects.map((subject) => `      { service: { account: SALUS, subject: "${subject}" }, share: true }`),
    '    ]',
    '  }',
    '}',
  ];
}

/** `sync_interval` is refused as an unknown key before 2.10; without it JetStream acknowledges before it syncs to disk. */
function knowsSyncInterval(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 10);
}

function checkCredentials(all: readonly NatsCredentials[]): void {
  const seen = new Set<string>();
  for (const { user, password } of all) {
    if (!PLAIN_WORD.test(user)) throw new Fault('CONFIGURATION', `a NATS user name takes letters, digits, _ and -; received "${user}"`, { user });
    if (seen.has(user)) throw new Fault('CONFIGURATION', `the NATS user name "${user}" is there twice`, { user });
    seen.add(user);
    if (!PLAIN_WORD.test(typeof password === 'string' ? password : password.env))
      throw new Fault('CONFIGURATION', `the NATS password of "${user}" takes letters, digits, _ and -`, { user });
  }
}

function passwordText({ password }: NatsCredentials): string {
  return typeof password === 'string' ? `"${password}"` : `$${password.env}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '/').replaceAll('"', '\\"')}"`;
}
