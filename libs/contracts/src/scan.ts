/** Finds every contract of this package by looking through its folders, so that no list is kept by hand. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Contract } from './define';

/** A contract with the file that defines it (`prediction/predict`, no extension). */
export interface FoundContract {
  readonly file: string;
  readonly contract: Contract;
}

const isContract = (value: unknown): value is Contract =>
  typeof value === 'object' && value !== null && ['operation', 'event', 'job'].includes((value as { kind?: string }).kind ?? '');

/**
 * Every operation, event and job, ordered by file.
 * @param service only this service's folder
 */
export function scanContracts(service?: string): FoundContract[] {
  const found: FoundContract[] = [];
  for (const folder of readdirSync(__dirname, { withFileTypes: true })) {
    if (!folder.isDirectory() || (service !== undefined && folder.name !== service)) continue;
    for (const name of readdirSync(join(__dirname, folder.name)).sort()) {
      const file = /^([a-z-]+)\.(ts|js)$/.exec(name);
      if (!file) continue;
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- a folder scan loads what it finds
      const exported = require(join(__dirname, folder.name, file[1])) as Record<string, unknown>;
      for (const contract of Object.values(exported).filter(isContract)) found.push({ file: `${folder.name}/${file[1]}`, contract });
    }
  }
  return found.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
}
