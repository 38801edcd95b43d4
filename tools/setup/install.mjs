/**
 * Installs packages when they are missing or no longer what package-lock.json says. A stamp in `node_modules` makes the usual case one hash; where
 * it does not fit (somebody ran npm by hand), npm's own record of what it installed decides, so that nothing is installed twice.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runWithProgress } from './command.mjs';
import { alone } from './mutex.mjs';
import { root } from './root.mjs';

const STAMP = 'node_modules/.salus-lock';
const NPM_RECORD = 'node_modules/.package-lock.json';
const EARLIEST_NODE = 'Node 20.19, 22.12 or later';

/**
 * Makes sure that the packages of the lock file are installed; safe in two processes at once.
 *
 * @param {object} [options]
 * @param {(line: string) => void} [options.log] takes one line of progress
 * @param {string} [options.checkout] default: this checkout
 * @throws {Error} with the end of npm's output when it fails, or when Node is too old
 */
export async function ensureInstalled({ log = () => undefined, checkout = root } = {}) {
  checkNode(process.versions.node);
  if (hasStamp(checkout)) return;
  await alone(join(checkout, '.salus', 'setup.lock'), log, async () => {
    if (hasStamp(checkout)) return;
    const reason = whatIsMissing(checkout);
    if (reason !== undefined) await install({ log, checkout, reason });
    writeFileSync(join(checkout, STAMP), fingerprint(checkout));
  });
}

/**
 * @param {string} version such as `20.19.0`
 * @throws {Error} naming what is needed. Nest 12 consists of ES modules that CommonJS requires, which older versions cannot
 */
export function checkNode(version) {
  const [major, minor] = version.split('.').map(Number);
  const fits = major === 20 ? minor >= 19 : major === 22 ? minor >= 12 : major > 22;
  if (!fits) throw new Error(`Salus needs ${EARLIEST_NODE}; this is Node ${version} (${process.execPath}). See https://nodejs.org/en/download`);
}

async function install({ log, checkout, reason }) {
  const attempts = existsSync(join(checkout, 'package-lock.json')) ? ['ci', 'install'] : ['install'];
  for (const attempt of attempts) {
    const { command, args } = npm([attempt, '--no-audit', '--no-fund']);
    const label = `installing packages with npm ${attempt} (${reason})`;
    const { code, output, tail } = await runWithProgress({ label, command, args, cwd: checkout, env: npmEnvironment(), log });
    if (code === 0) return;
    // `npm ci` refuses a lock file that does not fit the package.json files; only then `npm install` can do better.
    if (attempt !== 'ci' || !/EUSAGE|in sync/.test(output)) throw new Error(`npm ${attempt} failed:\n${tail}`);
    rmSync(join(checkout, STAMP), { force: true });
  }
}

/** The npm that runs this script, or the one on PATH. */
function npm(args) {
  const script = process.env.npm_execpath;
  if (script !== undefined && /npm-cli\.c?js$/.test(script) && existsSync(script)) return { command: process.execPath, args: [script, ...args] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args };
}

/** `npm start` hands its own settings down as variables, `omit` among them; tests and build need the development packages in any case. */
function npmEnvironment() {
  const env = { ...process.env };
  for (const name of ['NODE_ENV', 'npm_config_omit', 'npm_config_production']) delete env[name];
  return env;
}

function hasStamp(checkout) {
  const stamp = join(checkout, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(checkout);
}

/** Lock file, package.json files and what native parts depend on, as one digest. */
function fingerprint(checkout) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.versions.modules}`);
  for (const file of ['package-lock.json', ...manifests(checkout)]) {
    const path = join(checkout, file);
    hash.update(`\0${file}\0`).update(existsSync(path) ? readFileSync(path) : '');
  }
  return hash.digest('hex');
}

/** The package.json files of the root and of its workspaces (folders or `folder/*`), relative to the checkout. */
export function manifests(checkout) {
  const { workspaces = [] } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  const folders = workspaces.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern];
    const parent = pattern.slice(0, -2);
    return existsSync(join(checkout, parent)) ? readdirSync(join(checkout, parent)).sort().map((name) => `${parent}/${name}`) : [];
  });
  return ['package.json', ...folders.map((folder) => `${folder}/package.json`).filter((file) => existsSync(join(checkout, file)))];
}

/** Why npm has to run, in a few words, or undefined when everything that the lock file names is there. */
function whatIsMissing(checkout) {
  const read = (file) => (existsSync(join(checkout, file)) ? JSON.parse(readFileSync(join(checkout, file), 'utf8')) : undefined);
  const [lock, record] = [read('package-lock.json'), read(NPM_RECORD)];
  if (record === undefined) return 'node_modules is missing';
  if (lock === undefined) return 'package-lock.json is missing';
  const isThere = ([path, wanted]) => {
    const found = record.packages[path];
    // A package for another platform is optional and absent from npm's record.
    if (found === undefined) return wanted.optional === true || wanted.devOptional === true;
    return found.version === wanted.version && found.resolved === wanted.resolved && existsSync(join(checkout, path));
  };
  const installed = Object.entries(lock.packages).filter(([path]) => path.includes('node_modules/'));
  const absent = installed.find((entry) => !isThere(entry));
  if (absent !== undefined) return `${absent[0]} is not what package-lock.json says`;
  for (const file of manifests(checkout)) {
    const folder = dirname(file) === '.' ? '' : dirname(file);
    const { dependencies, devDependencies, optionalDependencies } = read(file);
    const locked = lock.packages[folder] ?? {};
    const lockedNames = { ...locked.dependencies, ...locked.devDependencies, ...locked.optionalDependencies };
    const differs = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).find(
      // A workspace that begins to use another one needs no npm: every workspace is linked in the root already.
      ([name, range]) => lockedNames[name] !== range && lock.packages[`node_modules/${name}`]?.link !== true,
    );
    if (differs !== undefined) return `${file} asks for ${differs[0]}`;
  }
  return undefined;
}
