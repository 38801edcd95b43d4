import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from './command';

const FOLDER = join(__dirname, '..', 'commands');

/** Every command of src/commands, ordered by name: a file there is the registration. */
export function scanCommands(): Command[] {
  const files = readdirSync(FOLDER).flatMap((name) => /^([a-z-]+)\.(?:ts|js)$/.exec(name)?.[1] ?? []);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a folder scan loads what it finds
  const exported = files.flatMap((file) => Object.values(require(join(FOLDER, file)) as Record<string, unknown>));
  return exported.filter(isCommand).sort((a, b) => (a.name < b.name ? -1 : 1));
}

const isCommand = (value: unknown): value is Command => typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'command';
