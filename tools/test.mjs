/**
 * `npm test [-- <arguments of Jest>]`: installs and builds what is missing, finds nats-server, runs one Jest over all projects with two workers, and
 * ends with one line `N passed, N failed, N skipped`. Results are never taken from a cache; what Jest keeps is transformed source text.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './setup.mjs';
import { totalsLine, totalsOf } from './totals.mjs';

const DEFAULT_SEED = '20260101';
const log = (line) => console.error(line);

/** The environment of the tests: a fixed seed, and the nats-server that was found or installed, so that no suite looks for its own. */
async function testEnvironment() {
  const { findNatsServer } = createRequire(import.meta.url)(join(root, 'libs', 'local', 'dist', 'index.js'));
  const found = await findNatsServer({ env: { ...process.env, NATS_URL: undefined }, log });
  log(`nats-server ${found.version}: ${found.how}`);
  return { ...process.env, NATS_SERVER_BIN: found.bin, NX_DAEMON: 'false', SALUS_SEED: process.env.SALUS_SEED ?? DEFAULT_SEED };
}

/** Runs Jest with its output on this terminal; resolves to its exit code, also after a Ctrl-C, which Jest gets too. */
function jest(args, env) {
  process.on('SIGINT', () => undefined);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), ...args], { cwd: root, stdio: 'inherit', env });
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'salus-totals-'));
  const outputFile = join(folder, 'result.json');
  let exitCode = 1;
  try {
    await ensureInstalled({ log });
    await ensureBuilt({ log });
    const args = ['--maxWorkers=2', '--json', `--outputFile=${outputFile}`, ...process.argv.slice(2)];
    exitCode = await jest(args, await testEnvironment());
  } catch (error) {
    console.error(error.message);
  }
  const totals = totalsOf(existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined, exitCode);
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = totals.ok ? 0 : exitCode || 1;
  console.log(totalsLine(totals));
}

await main();
