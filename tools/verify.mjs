/**
 * `npm run verify [-- <patterns of test files>]`: the long forms of the figures that the project promises. Installs and builds what is missing, runs
 * the suites that know a long form, one after the other (they measure and kill, so none shares the machine), prints what they counted as one table,
 * and ends with one line `N passed, N failed, N skipped`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './setup.mjs';
import { totalsLine, totalsOf } from './totals.mjs';

const DEFAULT_SEED = '20260101';
const SUITES = ['tools/src/platform/', 'libs/messaging/src/hostile.spec.ts'];
const LONG_FORMS = { SALUS_VERIFY: '1', SALUS_HOSTILE_BODIES: '10000' };
const log = (line) => console.error(line);

async function environment(figuresFile) {
  const { findNatsServer } = createRequire(import.meta.url)(join(root, 'libs', 'local', 'dist', 'index.js'));
  const found = await findNatsServer({ env: { ...process.env, NATS_URL: undefined }, log });
  log(`nats-server ${found.version}: ${found.how}`);
  const seed = process.env.SALUS_SEED ?? DEFAULT_SEED;
  log(`seed: ${seed}`);
  return { ...process.env, ...LONG_FORMS, NATS_SERVER_BIN: found.bin, NX_DAEMON: 'false', SALUS_SEED: seed, SALUS_FIGURES: figuresFile };
}

function jest(args, env) {
  process.on('SIGINT', () => undefined);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), ...args], { cwd: root, stdio: 'inherit', env });
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/** What the suites have counted, one section per suite. */
function figuresText(file) {
  if (!existsSync(file)) return 'no suite has counted anything';
  const reports = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  const names = reports.flatMap(({ figures }) => Object.keys(figures));
  const width = Math.max(...names.map((name) => name.length));
  const section = ({ title, figures }) => [title, ...Object.entries(figures).map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)].join('\n');
  return reports.map(section).join('\n\n');
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'salus-verify-'));
  const [outputFile, figuresFile] = [join(folder, 'result.json'), join(folder, 'figures.jsonl')];
  const began = performance.now();
  let exitCode = 1;
  try {
    await ensureInstalled({ log });
    await ensureBuilt({ log });
    const suites = process.argv.length > 2 ? process.argv.slice(2) : SUITES;
    exitCode = await jest(['--runInBand', '--json', `--outputFile=${outputFile}`, ...suites], await environment(figuresFile));
  } catch (error) {
    console.error(error.message);
  }
  const totals = totalsOf(existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined, exitCode);
  console.log(`\nWhat was counted, in ${Math.round((performance.now() - began) / 1000)} s\n\n${figuresText(figuresFile)}\n`);
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = totals.ok ? 0 : exitCode || 1;
  console.log(totalsLine(totals));
}

await main();
