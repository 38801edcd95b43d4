/**
 * `npm run verify [-- <patterns of test files>]`: the long forms of the figures that the project promises. Installs and builds what is missing, runs
 * the suites that know a long form, one after the other (they measure and kill, so none shares the machine), prints what they counted as one table,
 * and ends with one line `N passed, N failed, N skipped`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from './jest.mjs';
import { totalsLine } from './totals.mjs';

const SUITES = ['tools/src/platform/', 'libs/messaging/src/hostile.spec.ts'];
const LONG_FORMS = { SALUS_VERIFY: '1', SALUS_HOSTILE_BODIES: '10000' };

/** What the suites have counted, one section per suite. */
function figuresText(file) {
  if (!existsSync(file)) return 'no suite has counted anything';
  const reports = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  const names = reports.flatMap(({ figures }) => Object.keys(figures));
  const width = Math.max(...names.map((name) => name.length));
  const section = ({ title, figures }) => [title, ...Object.entries(figures).map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)].join('\n');
  return reports.map(section).join('\n\n');
}

const folder = mkdtempSync(join(tmpdir(), 'salus-verify-'));
const figuresFile = join(folder, 'figures.jsonl');
const began = performance.now();
const suites = process.argv.length > 2 ? process.argv.slice(2) : SUITES;
const totals = await runTests(['--runInBand', ...suites], { ...LONG_FORMS, SALUS_FIGURES: figuresFile });
console.log(`\nWhat was counted, in ${Math.round((performance.now() - began) / 1000)} s\n\n${figuresText(figuresFile)}\n`);
rmSync(folder, { recursive: true, force: true });
console.log(totalsLine(totals));
