/**
 * How the platform is found: by options, else by the environment, else by the `.salus/run.json` that `npm start` writes,
 * looked for in the current folder and the ones above it. This is the only reader of the environment.
 */
import { dirname, join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { readConfiguration } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { inboxPrefixOf, isRunAlive, readRun } from '@salus/local';
import { z } from 'zod';
import { COMMAND_NAME } from './terminal/style';
import { wrongArgument } from './client/wrong-argument';

const settings = z.object({
  SALUS_NATS_URL: z.string().optional().describe('NATS server of the platform: nats://host:port; several with commas.'),
  SALUS_NATS_USER: z.string().optional().describe('User of the account CLIENTS.'),
  SALUS_NATS_PASSWORD: z.string().optional().describe('Password of that user.'),
  SALUS_INBOX_PREFIX: z.string().optional().describe('Prefix under which that user may receive; _INBOX_<user> if left out.'),
  NO_COLOR: z.string().optional().describe('Any value: no colours.'),
  TERM: z.string().optional().describe('Kind of terminal; dumb: no colours.'),
  npm_lifecycle_event: z.string().optional().describe('Name of the npm script that runs, as npm sets it; salus: hints name that script.'),
});

/** The settings of the command line, from the environment. @throws Fault CONFIGURATION */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): z.output<typeof settings> {
  return readConfiguration(settings, environment);
}

/** What a person types before a command of this program: the npm script where that was used, so that a hint can be copied. */
export function commandPrefix(environment: Readonly<Record<string, string | undefined>>): string {
  return readSettings(environment).npm_lifecycle_event === 'salus' ? 'npm run -s salus --' : COMMAND_NAME;
}

/** The options that name a platform. */
export interface PlatformOptions {
  readonly nats?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly inboxPrefix?: string;
}

/** What there is to go by. */
export interface PlatformHints {
  readonly options: PlatformOptions;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The current folder. */
  readonly folder: string;
}

/** Where NATS is and as whom to connect. */
export interface Platform {
  /** Addresses without credentials, with commas between. */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  readonly inboxPrefix?: string;
  /** Where this was found, for messages. */
  readonly foundIn: string;
}

/**
 * Finds the platform.
 * @param from options, environment and the current folder
 * @throws Fault UNAVAILABLE when there is nothing to go by, or what run.json tells of no longer runs; CONFIGURATION when
 * something is not readable
 */
export async function findPlatform(from: PlatformHints): Promise<Platform> {
  const { options, folder } = from;
  const env = readSettings(from.environment);
  const url = options.nats ?? env.SALUS_NATS_URL;
  if (url === undefined) return platformOfRun(folder);
  const address = splitAddress(url);
  const user = options.user ?? address.user ?? env.SALUS_NATS_USER;
  const password = options.passwordFile === undefined ? (address.password ?? env.SALUS_NATS_PASSWORD) : await readPassword(options.passwordFile);
  const inboxPrefix = options.inboxPrefix ?? env.SALUS_INBOX_PREFIX ?? (user === undefined ? undefined : inboxPrefixOf(user));
  return { url: address.url, user, password, inboxPrefix, foundIn: options.nats === undefined ? 'SALUS_NATS_URL' : '--nats' };
}

function platformOfRun(start: string): Platform {
  for (let folder = start; ; folder = dirname(folder)) {
    const state = join(folder, '.salus');
    const run = readRun(state);
    if (run) {
      if (!isRunAlive(run)) throw new Fault('UNAVAILABLE', `the platform that ${state}/run.json tells of runs no longer`, { file: `${state}/run.json` });
      return { url: run.natsUrl, ...run.client, foundIn: `${state}/run.json` };
    }
    if (dirname(folder) === folder) break;
  }
  throw new Fault('UNAVAILABLE', 'no platform is named and none runs from this folder or one above it');
}

/** Takes `user:password@` out of addresses; the NATS client takes credentials beside the address only. */
function splitAddress(text: string): { readonly url: string; readonly user?: string; readonly password?: string } {
  const parts = text.split(',').map((part) => parseAddress(part.trim()));
  const withUser = parts.find((part) => part.username !== '');
  const url = parts.map((part) => `${part.protocol}//${part.host}`).join(',');
  if (!withUser) return { url };
  return { url, user: decodeURIComponent(withUser.username), password: withUser.password === '' ? undefined : decodeURIComponent(withUser.password) };
}

function parseAddress(text: string): URL {
  const whole = text.includes('://') ? text : `nats://${text}`;
  if (!URL.canParse(whole) || !['nats:', 'tls:'].includes(new URL(whole).protocol) || new URL(whole).hostname === '')
    throw wrongArgument('CONFIGURATION', 'the address of NATS is not readable; expected nats://host:port', { expected: 'nats://host:port' });
  return new URL(whole);
}

async function readPassword(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrongArgument('CONFIGURATION', `the password file ${path} cannot be read (${error.code ?? 'unknown reason'})`, { path });
  });
  return text.replace(/\r?\n$/, '');
}
