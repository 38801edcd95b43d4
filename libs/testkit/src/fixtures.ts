/**
 * Files that are not in the repository: reference numbers from other implementations (SALUS_FIXTURES) and data sets whose licence or size keeps
 * them out (SALUS_DATA). A suite that needs one runs where the file is and is skipped aloud and counted where it is not.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The path of a file below SALUS_FIXTURES, or undefined when variable or file is missing. */
export function fixturePath(name: string): string | undefined {
  return pathBelow(process.env.SALUS_FIXTURES, name);
}

/** The path of a file or folder below SALUS_DATA, or undefined when variable or file is missing. */
export function dataPath(name: string): string | undefined {
  return pathBelow(process.env.SALUS_DATA, name);
}

type Describe = (title: string, body: () => void) => void;
declare const describe: Describe & { readonly skip: Describe };

/**
 * A `describe` over files below SALUS_DATA: `body` gets their paths in order. When one is missing, the same tests are counted as skipped and a
 * line says what is missing; so `body` reads files only inside its tests, never while they are collected.
 */
export function describeWithData(names: readonly string[], title: string, body: (paths: readonly string[]) => void): void {
  describeWithFiles({ variable: 'SALUS_DATA', find: dataPath, names, title }, body);
}

/** Like {@link describeWithData}, over files below SALUS_FIXTURES. */
export function describeWithFixtures(names: readonly string[], title: string, body: (paths: readonly string[]) => void): void {
  describeWithFiles({ variable: 'SALUS_FIXTURES', find: fixturePath, names, title }, body);
}

interface NeededFiles {
  readonly variable: string;
  readonly find: (name: string) => string | undefined;
  readonly names: readonly string[];
  readonly title: string;
}

function describeWithFiles({ variable, find, names, title }: NeededFiles, body: (paths: readonly string[]) => void): void {
  const missing = names.filter((name) => find(name) === undefined);
  if (missing.length === 0) {
    describe(title, () => body(names.map((name) => find(name) ?? name)));
    return;
  }
  const reason = `${variable}${process.env[variable] ? ' holds' : ' is not set, so there is'} no ${missing.join(', ')}`;
  process.stderr.write(`skipped: ${title}: ${reason}\n`);
  describe.skip(`${title} (skipped: ${reason})`, () => body(names));
}

function pathBelow(folder: string | undefined, name: string): string | undefined {
  const path = folder ? join(folder, name) : undefined;
  return path !== undefined && existsSync(path) ? path : undefined;
}
