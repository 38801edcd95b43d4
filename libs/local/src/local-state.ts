/**
 * What stays the same from one `npm start` to the next: credentials and ports, in `.salus/credentials.json` (mode 600), so that a client program
 * that was set up yesterday still gets in today; and where PostgreSQL's data lies.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { canEnter, type Account } from './postgres-account';
import { readIfThere, writePrivateFile } from './run-file';
import { randomNatsUser, type NatsUser } from './start-nats';
import { stateFolder } from './start-postgres';

/** Credentials and ports of a checkout. */
export interface LocalCredentials {
  readonly service: NatsUser;
  readonly client: NatsUser;
  readonly postgresPassword: string;
  /** The ports of the last run, used again when they are free. */
  readonly ports: { readonly nats?: number; readonly postgres?: number };
}

const FILE = 'credentials.json';

/** The credentials of a state folder, or fresh ones with `fresh: true` when there are none that can be used. */
export function readCredentials(folder: string): { readonly credentials: LocalCredentials; readonly fresh: boolean } {
  const stored = parse(readIfThere(join(folder, FILE)) ?? '');
  if (stored !== undefined) return { credentials: stored, fresh: false };
  const credentials = {
    service: randomNatsUser('service'),
    client: randomNatsUser('client'),
    postgresPassword: randomBytes(18).toString('base64url'),
    ports: {},
  };
  return { credentials, fresh: true };
}

/** Keeps credentials and ports for the next run. */
export function writeCredentials(folder: string, credentials: LocalCredentials): void {
  writePrivateFile(join(folder, FILE), `${JSON.stringify(credentials, null, 2)}\n`);
}

/**
 * The folder of PostgreSQL's data, its parents made: below the state folder, or, where the account cannot enter that (a checkout in a folder of
 * mode 0700), below the system's state folder under a name from the checkout's path.
 */
export function clusterFolderFor(folder: string, account: Account | undefined): string {
  // Passing through is all that the account needs; the files in it that hold secrets have mode 600.
  if (account !== undefined) chmodSync(folder, 0o711);
  if (canEnter(account, folder)) return join(folder, 'postgres');
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 16);
  const elsewhere = join(stateFolder(), name);
  mkdirSync(elsewhere, { recursive: true, mode: 0o755 });
  return join(elsewhere, 'postgres');
}

/** Removes what an initdb left that was killed in the middle. Only for the holder of the start lock. */
export function removeUnfinishedClusters(clusterFolder: string): void {
  const prefix = `${basename(clusterFolder)}.new-`;
  for (const name of readdirSync(dirname(clusterFolder)).filter((entry) => entry.startsWith(prefix)))
    rmSync(join(dirname(clusterFolder), name), { recursive: true, force: true });
}

function parse(text: string): LocalCredentials | undefined {
  try {
    const value = JSON.parse(text) as Partial<LocalCredentials>;
    const words = [value.service?.user, value.service?.password, value.client?.user, value.client?.password, value.postgresPassword];
    const usable = words.every((word) => typeof word === 'string' && /^[A-Za-z0-9_-]+$/.test(word));
    return usable ? { ...(value as LocalCredentials), ports: value.ports ?? {} } : undefined;
  } catch {
    return undefined;
  }
}
