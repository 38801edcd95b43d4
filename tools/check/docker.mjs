// Checks what lies in docker/ without an engine or a cluster: the Dockerfile by a linter, the compose file by compose itself, nats.conf by the
// server itself, the Kubernetes manifests by kustomize and our own look at what it renders. A tool that is not there is said aloud and skipped;
// `--install` fetches the ones that Debian has (the machine needs apt), and `--require` makes a skip a failure.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../setup.mjs';
import { debianProgram, isAtLeast, outputOf, versionIn } from './debian-program.mjs';
import { kubernetesProblems } from './kubernetes.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const mayInstall = process.argv.includes('--install');
const COMPOSE_MINIMUM = [2, 20, 0];
const NATS_MINIMUM = [2, 12, 3];
const SECRETS = { SALUS_SERVICE_PASSWORD: 'service-secret', SALUS_CLIENT_PASSWORD: 'client-secret', SALUS_DATABASE_PASSWORD: 'database-secret' };
const environment = { ...process.env, ...SECRETS };
const skipped = [];
await ensureInstalled({ log: (line) => console.error(line) });
const { parseAllDocuments } = await import('yaml');

const say = (what) => console.log(`docker check: ${what}`);
const skip = (what) => {
  skipped.push(what);
  say(`SKIPPED ${what}`);
};
const run = (program, words) => execFileSync(program, words, { cwd: root, encoding: 'utf8', env: environment, stdio: ['ignore', 'pipe', 'pipe'] });

/** A program among candidates whose version is new enough, as `{ program, words, version }`. */
function newEnough(candidates, minimum) {
  const known = candidates.map((candidate) => ({ ...candidate, version: versionIn(outputOf(candidate.program, [...candidate.words, ...candidate.ask])) }));
  return known.find(({ version }) => version !== undefined && isAtLeast(version, minimum));
}

function checkDockerfile() {
  const { validate } = createRequire(import.meta.url)('dockerfile-utils');
  const problems = validate(readFileSync(join(root, 'docker/Dockerfile'), 'utf8'));
  if (problems.length > 0) throw new Error(problems.map(({ range, message }) => `docker/Dockerfile:${range.start.line + 1}: ${message}`).join('\n'));
  say('Dockerfile: no complaint of the linter');
}

function checkCompose() {
  const installed = [
    { program: 'docker', words: ['compose'], ask: ['version', '--short'] },
    { program: 'docker-compose', words: [], ask: ['version', '--short'] },
  ];
  const file = 'usr/bin/docker-compose';
  const fetched = () => (mayInstall ? debianProgram({ name: 'docker-compose', minimum: COMPOSE_MINIMUM, file }) : undefined);
  const compose = newEnough(installed, COMPOSE_MINIMUM) ?? newEnough([{ program: fetched() ?? 'none', words: [], ask: ['version', '--short'] }], COMPOSE_MINIMUM);
  if (compose === undefined) return skip(`compose file: no docker compose of at least ${COMPOSE_MINIMUM.join('.')}`);
  run(compose.program, [...compose.words, '-f', 'docker/compose.yaml', 'config', '-q']);
  const incomplete = { ...environment, SALUS_CLIENT_PASSWORD: '' };
  const withoutPassword = outputOf(compose.program, [...compose.words, '-f', 'docker/compose.yaml', 'config', '-q'], { cwd: root, env: incomplete });
  if (withoutPassword !== undefined) throw new Error('docker/compose.yaml starts without a password');
  say(`compose file: valid for docker compose ${compose.version.join('.')}, refused without a password`);
}

function checkNatsConfiguration() {
  const file = 'usr/sbin/nats-server';
  const named = (program) => ({ program, words: [], ask: ['--version'] });
  const installed = [process.env.NATS_SERVER_BIN, 'nats-server', '/usr/sbin/nats-server', '/usr/local/bin/nats-server', '/opt/homebrew/bin/nats-server'];
  const candidates = installed.filter((program) => program).map(named);
  const fetched = () => (mayInstall ? debianProgram({ name: 'nats-server', minimum: NATS_MINIMUM, file }) : undefined);
  const server = newEnough(candidates, NATS_MINIMUM) ?? newEnough([named(fetched() ?? 'none')], NATS_MINIMUM);
  if (server !== undefined) {
    run(server.program, ['-t', '-c', 'docker/nats.conf']);
    return say(`nats.conf: valid for nats-server ${server.version.join('.')}`);
  }
  const older = newEnough(candidates, [2, 0, 0]);
  if (older === undefined) return skip('nats.conf: no nats-server');
  checkWithoutSyncInterval(older);
}

/** Servers before 2.10 do not know `sync_interval`; everything else in the file they do. */
function checkWithoutSyncInterval(server) {
  const folder = mkdtempSync(join(tmpdir(), 'salus-nats-'));
  try {
    const copy = join(folder, 'nats.conf');
    writeFileSync(copy, readFileSync(join(root, 'docker/nats.conf'), 'utf8').replace(/^\s*sync_interval:.*\n/m, ''));
    run(server.program, ['-t', '-c', copy]);
    skip(`nats.conf as it is: nats-server ${server.version.join('.')} is older than ${NATS_MINIMUM.join('.')}; a copy without sync_interval is valid`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkKubernetes() {
  const rendered = outputOf('kubectl', ['version', '--client']) === undefined ? undefined : run('kubectl', ['kustomize', 'docker']);
  if (rendered === undefined) return skip('Kubernetes manifests: no kubectl');
  const documents = parseAllDocuments(rendered);
  const problems = [...documents.flatMap(({ errors }) => errors.map(({ message }) => message)), ...kubernetesProblems(documents.map((document) => document.toJS()))];
  if (problems.length > 0) throw new Error(problems.join('\n'));
  say(`Kubernetes manifests: ${documents.length} objects rendered, no problem found`);
}

let failed = false;
for (const check of [checkDockerfile, checkCompose, checkNatsConfiguration, checkKubernetes]) {
  try {
    check();
  } catch (error) {
    failed = true;
    console.error(`docker check: FAILED\n${error.stderr || error.message}`);
  }
}
if (failed || (process.argv.includes('--require') && skipped.length > 0)) process.exitCode = 1;
else say(skipped.length === 0 ? 'all checks ran' : `${skipped.length} skipped, see above`);
