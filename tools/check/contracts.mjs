// Compares the v1 contracts with those of the last tagged release (git tag v*) and exits 1 naming each change that breaks a client.
// Before the first tag it reports and passes. Both sides are docs/generated/asyncapi.json, which the drift check keeps true.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled } from '../setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const DOCUMENT = 'docs/generated/asyncapi.json';
const git = (...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'ignore'] });

/** Release tags, newest version first; empty outside a git checkout. */
function releases() {
  try {
    return git('tag', '--list', 'v*', '--sort=-version:refname').split('\n').filter((tag) => /^v\d+\.\d+\.\d+$/.test(tag));
  } catch (error) {
    console.log(`contract check: tags cannot be read here (${error.message.split('\n')[0]})`);
    return [];
  }
}

/** The document of a release. */
function documentOf(tag) {
  try {
    return JSON.parse(git('show', `${tag}:${DOCUMENT}`));
  } catch (error) {
    throw new Error(`the release ${tag} has no readable ${DOCUMENT}`, { cause: error });
  }
}

async function main() {
  const [last] = releases();
  if (last === undefined) return console.log('contract check: there is no release yet, nothing to compare with');
  const log = (line) => console.error(line);
  await ensureInstalled({ log });
  await ensureBuilt({ log });
  const { breakingChanges } = createRequire(import.meta.url)('../dist/contract-check/breaking-changes.js');
  const found = breakingChanges(documentOf(last), JSON.parse(readFileSync(join(root, DOCUMENT), 'utf8')));
  if (found.length === 0) return console.log(`contract check: nothing breaks clients of ${last}`);
  const lines = found.map(({ subject, what }) => `${subject}: ${what}`);
  throw new Error([...lines, `contract check: ${found.length} changes since ${last} break clients; keep v1 as it is and add a v2 operation beside it`].join('\n'));
}

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
