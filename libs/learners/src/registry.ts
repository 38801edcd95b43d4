/** Finds the learners by looking through the folders of this package, so that no list is kept by hand. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@salus/fault';
import type { Learner } from './learner';

let found: ReadonlyMap<string, Learner> | undefined;

/** Every learner by its algorithm, in the order of the names. */
export function learners(): ReadonlyMap<string, Learner> {
  found ??= new Map(scan().map((learner) => [learner.algorithm, learner]));
  return found;
}

/**
 * The learner of that name.
 * @throws Fault INVALID_PARAMETERS naming those that exist
 */
export function learnerOf(algorithm: string): Learner {
  const learner = learners().get(algorithm);
  if (learner) return learner;
  const known = [...learners().keys()];
  throw new Fault('INVALID_PARAMETERS', `no learner ${JSON.stringify(algorithm.slice(0, 64))}; known are: ${known.join(', ')}`, {
    parameter: 'algorithm',
    expected: known,
  });
}

function scan(): Learner[] {
  const folders = readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders
    .map(({ name }) => join(__dirname, name, `${name}.learner`))
    .filter((file) => existsSync(`${file}.js`) || existsSync(`${file}.ts`))
    .sort()
    .map((file) => {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- a folder scan loads what it finds
      const { learner } = require(file) as { learner?: Learner };
      if (!learner) throw new Fault('INTERNAL', `${file} exports no learner`, { file });
      return learner;
    });
}
