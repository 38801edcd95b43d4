// Fetches one program from a newer Debian suite without touching the system: the package is downloaded by apt from the mirror that this machine
// already uses, checked by apt against Debian's keys, and unpacked below .salus/programs. Needs Debian's apt and dpkg; undefined without them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const programs = join(root, '.salus/programs');
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** Suites newer than Debian 12. The newest comes first: it has all programs at once, and reading the index of a suite is what takes the time. */
const SUITES = ['sid', 'trixie'];
const APT_TIMEOUT_MS = 180_000;

/** Standard output of a command, or undefined when it cannot run or fails. */
export function outputOf(program, words, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
  return error || status !== 0 ? undefined : stdout + stderr;
}

/** The first version number in a text as numbers, `[2, 12, 3]`; undefined when there is none. */
export function versionIn(text) {
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(text ?? '');
  return found ? found.slice(1).map(Number) : undefined;
}

/** Whether a version is at least another; both as numbers. */
export function isAtLeast(version, minimum) {
  const at = minimum.findIndex((part, index) => version[index] !== part);
  return at === -1 || version[at] > minimum[at];
}

/** The Debian mirror that this machine installs from. */
function mirror() {
  const sites = outputOf('apt-get', ['indextargets', '--format', '$(SITE)', 'Created-By: Packages']);
  return sites?.split('\n').find((site) => /\/debian\/?$/.test(site));
}

/** Options that keep everything apt writes in a folder of its own, with one suite as its only source. */
function privateApt(folder, site, suite) {
  for (const name of ['lists/partial', 'archives/partial']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${KEYRING}] ${site} ${suite} main\n`);
  const settings = {
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::Cache': folder,
    'Dir::Cache::archives': join(folder, 'archives'),
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}

/** Suite → apt's options for it, its index read once per run; undefined where it cannot be read. */
const indexes = new Map();

function indexOf(suite) {
  if (indexes.has(suite)) return indexes.get(suite);
  const site = existsSync(KEYRING) ? mirror() : undefined;
  const folder = join(programs, `.apt-${suite}`);
  const options = site === undefined ? undefined : privateApt(folder, site, suite);
  const isRead = options !== undefined && outputOf('apt-get', [...options, '-q', 'update'], { timeout: APT_TIMEOUT_MS }) !== undefined;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  indexes.set(suite, isRead ? { folder, options } : undefined);
  return indexes.get(suite);
}

/** Downloads the package from one suite and unpacks it; the folder, or undefined when the suite has none that is new enough. */
function fetchFrom(suite, { name, minimum }) {
  const index = indexOf(suite);
  const candidate = index && /Candidate: (\S+)/.exec(outputOf('apt-cache', [...index.options, 'policy', name]) ?? '')?.[1];
  const version = versionIn(candidate);
  if (version === undefined || !isAtLeast(version, minimum)) return undefined;
  const download = [...index.options, 'download', `${name}=${candidate}`];
  if (outputOf('apt-get', download, { cwd: index.folder, timeout: APT_TIMEOUT_MS }) === undefined) return undefined;
  const archive = readdirSync(index.folder).find((entry) => entry.startsWith(`${name}_`) && entry.endsWith('.deb'));
  const target = join(programs, `${name}-${version.join('.')}`);
  return archive !== undefined && outputOf('dpkg', ['-x', join(index.folder, archive), target]) !== undefined ? target : undefined;
}

/** A program that was unpacked before, the newest first. */
function unpackedBefore({ name, minimum, file }) {
  if (!existsSync(programs)) return undefined;
  const folders = readdirSync(programs).filter((entry) => entry.startsWith(`${name}-`) && isAtLeast(versionIn(entry) ?? [0, 0, 0], minimum));
  return folders.map((folder) => join(programs, folder, file)).find((path) => existsSync(path));
}

/**
 * The path of a program of at least a version, unpacked before or fetched now; undefined when it cannot be had.
 *
 * @param wanted `{ name: 'docker-compose', minimum: [2, 20, 0], file: 'usr/bin/docker-compose' }`, file being its path in the package
 */
export function debianProgram(wanted) {
  const before = unpackedBefore(wanted);
  if (before !== undefined) return before;
  for (const suite of SUITES) {
    const folder = fetchFrom(suite, wanted);
    if (folder !== undefined && existsSync(join(folder, wanted.file))) return join(folder, wanted.file);
  }
  return undefined;
}
