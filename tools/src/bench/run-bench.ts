/**
 * `npm run bench`: lists the suites or runs one. A missed goal is a result and ends with 0; a benchmark that fails ends with 1, and a
 * command line that names nothing to run with 2.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Fault } from '@salus/fault';
import { findNatsServer } from '@salus/local';
import type { BenchLine } from '@salus/testkit';
import { checkedLine } from './bench-line';
import { readEnvironment } from './environment';
import { documentOf, lineText, tableText } from './report';
import { scanSuites, type Suite } from './scan';

/** What a `*.bench.ts` exports. */
export interface Benchmark {
  readonly suite: string;
  readonly run: (report: (line: BenchLine) => void) => Promise<void>;
  /** What to install so that its peers are there. */
  readonly peers?: { readonly debian: readonly string[] };
}

export interface BenchOptions {
  /** Folder of the checkout. */
  readonly root: string;
  /** What stood behind `npm run bench --`. */
  readonly args: readonly string[];
  /** Takes the result: one table or one document. */
  readonly print: (text: string) => void;
  /** Takes progress and problems, line by line. */
  readonly log: (line: string) => void;
}

const USAGE = 'npm run bench -- <suite> [--json]';
const WRONG_COMMAND_LINE = 2;

/**
 * Runs the command.
 * @returns the exit code: 0 measured or listed, 1 failed, 2 no such suite or option
 */
export async function runBench(options: BenchOptions): Promise<number> {
  const { root, log } = options;
  try {
    const suites = scanSuites(root);
    const asked = readArguments(options.args);
    if (asked.name === undefined) return list(suites, asked.isJson, options);
    const suite = suites.find(({ name }) => name === asked.name);
    if (suite === undefined) throw new Fault('INVALID_PARAMETERS', `there is no suite ${asked.name}; there are: ${suites.map(({ name }) => name).join(', ') || 'none'}`);
    const result = { suite: suite.name, environment: readEnvironment(root, new Date()), lines: await measure(suite, options) };
    options.print(asked.isJson ? JSON.stringify(documentOf(result), null, 2) : tableText(result));
    return 0;
  } catch (error) {
    if (Fault.is(error) && error.code === 'INVALID_PARAMETERS') {
      log(`${error.message}\nusage: ${USAGE}`);
      return WRONG_COMMAND_LINE;
    }
    log(Fault.is(error) ? `${error.code}: ${error.message}` : String((error as Error)?.stack ?? error));
    return 1;
  }
}

/**
 * Loads one benchmark.
 * @throws Fault CONFIGURATION when it exports no `run`
 */
export function loadBenchmark(root: string, file: string): Benchmark {
  const benchmark = createRequire(__filename)(join(root, file)) as Benchmark;
  if (typeof benchmark.run !== 'function') throw new Fault('CONFIGURATION', `${file} must export a function run(report); received ${typeof benchmark.run}`, { file });
  return benchmark;
}

function readArguments(args: readonly string[]): { name: string | undefined; isJson: boolean } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } }, allowPositionals: true });
    if (positionals.length > 1) throw new Error(`one suite at a time; received ${positionals.join(', ')}`);
    return { name: positionals[0], isJson: values.json };
  } catch (error) {
    throw new Fault('INVALID_PARAMETERS', (error as Error).message);
  }
}

function list(suites: readonly Suite[], isJson: boolean, { print }: BenchOptions): number {
  const width = Math.max(0, ...suites.map(({ name }) => name.length));
  const text = suites.map(({ name, files }) => `  ${name.padEnd(width)}  ${files.join(', ')}`).join('\n') || '  none';
  print(isJson ? JSON.stringify({ suites }, null, 2) : `suites:\n${text}\nrun one: ${USAGE}`);
  return 0;
}

async function measure(suite: Suite, { root, log }: BenchOptions): Promise<BenchLine[]> {
  await offerNatsServer(log);
  const lines: BenchLine[] = [];
  for (const file of suite.files) {
    log(`measuring ${file} …`);
    const before = lines.length;
    await loadBenchmark(root, file).run((line) => {
      lines.push(checkedLine(line));
      log(`  ${lineText(line)}`);
    });
    if (lines.length === before) throw new Fault('INTERNAL', `${file} ended without a measurement`, { file });
  }
  return lines;
}

/** Benchmarks install nothing themselves; one that needs no server runs without. */
async function offerNatsServer(log: BenchOptions['log']): Promise<void> {
  try {
    const found = await findNatsServer({ env: { ...process.env, NATS_URL: undefined }, log });
    if ('bin' in found) process.env.NATS_SERVER_BIN = found.bin;
  } catch (error) {
    log(`without nats-server: ${(error as Error).message}`);
  }
}
