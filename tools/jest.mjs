/** How `npm test` and `npm run verify` run Jest: on an installed and built checkout, with one nats-server for all suites and exact totals. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './setup.mjs';
import { totalsOf } from './totals.mjs';

const DEFAULT_SEED = '20260101';
const log = (line) => console.error(line);

/**
 * Installs and builds what is missing, runs Jest with its output on this terminal, and sets the exit code of this process.
 *
 * @param {string[]} args of Jest
 * @param {Record<string, string>} [variables] further ones for the tests
 * @returns {Promise<ReturnType<typeof totalsOf>>} one failure where it could not even begin
 */
export async function runTests(args, variables = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'salus-totals-'));
  const outputFile = join(folder, 'result.json');
  let exitCode = 1;
  try {
    await ensureInstalled({ log });
    await ensureBuilt({ log });
    exitCode = await jest(['--json', `--outputFile=${outputFile}`, ...args], { ...(await testEnvironment()), ...variables });
  } catch (error) {
    console.error(error.message);
  }
  const totals = totalsOf(existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined, exitCode);
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = totals.ok ? 0 : exitCode || 1;
  return totals;
}

/** The environment of the tests: a fixed seed, and the nats-server that was found or installed, so that no suite looks for its own. */
async function testEnvironment() {
  const { findNatsServer } = createRequire(import.meta.url)(join(root, 'libs', 'local', 'dist', 'index.js'));
  const found = await findNatsServer({ env: { ...process.env, NATS_URL: undefined }, log });
  const seed = process.env.SALUS_SEED ?? DEFAULT_SEED;
  log(`nats-server ${found.version}: ${found.how}; seed ${seed}`);
  return { ...process.env, NATS_SERVER_BIN: found.bin, NX_DAEMON: 'false', SALUS_SEED: seed };
}

/** Resolves to Jest's exit code, also after a Ctrl-C, which Jest gets too. */
function jest(args, env) {
  process.on('SIGINT', () => undefined);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), ...args], { cwd: root, stdio: 'inherit', env });
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
}
