/**
 * How fast a million rows of CSV become a checked Parquet file and how much memory that takes, beside pandas with the same checks
 * and beside DuckDB alone, which reads and writes without a check. Each measurement is a process of its own, so that its peak
 * memory is its own; the time excludes the start of the process and the loading of libraries. Five interleaved rounds, medians.
 * On Linux the peak is VmHWM: the kernel starts `ru_maxrss` of a child with the peak of its parent.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { manifestSchema } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { askPython, median, type BenchLine } from '@salus/testkit';
import { checkCsv, openEngine } from './index';
import { sqlText } from './sql';

export const suite = 'ingest';
export const peers = { debian: ['python3-pandas'] };

interface Measurement {
  readonly elapsedMs: number;
  readonly peakMib: number;
  readonly rows: number;
  readonly duplicates?: number;
  readonly output?: string;
}

const ROWS = 1_000_000;
const ROUNDS = 5;
const MEMORY_LIMIT_MIB = 1_024;
const ENGINE = { memoryLimitMb: 512, threads: 2 };
const PROCESS_STATUS = '/proc/self/status';
const runFile = promisify(execFile);

/** Runs the suite; absent peers are said in the name of the peer. */
export async function run(report: (line: BenchLine) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'salus-ingest-'));
  try {
    const csvPath = join(folder, 'blood-pressure.csv');
    await writeCsv(csvPath);
    const ours: Measurement[] = [];
    const plain: Measurement[] = [];
    const pandas: Measurement[] = [];
    let absent: string | null = null;
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await inChild('check', csvPath, folder));
      plain.push(await inChild('plain', csvPath, folder));
      const peer = await askPython<Measurement>(join(__dirname, 'ingest.peer.py'), [csvPath, join(folder, 'pandas')]);
      if ('absent' in peer) absent = peer.absent;
      else pandas.push(peer);
    }
    refuseDifferentWork(ours, pandas);
    const pandasName = absent ? `pandas is absent: ${absent}` : `pandas, same checks, to ${pandas[0].output}`;
    reportRate(report, { name: 'check and write 1,000,000 CSV rows', ours, peers: pandas, peerName: pandasName });
    reportRate(report, { name: 'check and write 1,000,000 CSV rows, beside no checks at all', ours, peers: plain, peerName: 'DuckDB read and write, unchecked' });
    const peak = Math.max(...ours.map(({ peakMib }) => peakMib));
    const pandasPeak = absent ? null : Math.max(...pandas.map(({ peakMib }) => peakMib));
    report({ name: 'peak memory of the process', ours: peak, peer: pandasPeak, peerName: pandasName, unit: 'MiB', ratio: pandasPeak === null ? null : pandasPeak / peak });
    report({ name: 'peak memory below 1 GiB', ours: peak, peer: MEMORY_LIMIT_MIB, peerName: 'the limit', unit: 'MiB', ratio: MEMORY_LIMIT_MIB / peak, goal: 1 });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function reportRate(report: (line: BenchLine) => void, { name, ours, peers, peerName }: { name: string; ours: readonly Measurement[]; peers: readonly Measurement[]; peerName: string }): void {
  const rate = (measurements: readonly Measurement[]): number => Math.round(ROWS / (median(measurements.map(({ elapsedMs }) => elapsedMs)) / 1_000));
  const peer = peers.length === 0 ? null : rate(peers);
  report({ name, ours: rate(ours), peer, peerName, unit: 'rows/s', ratio: peer === null ? null : rate(ours) / peer });
}

/** A comparison holds only when both sides read the same rows and found the same duplicates. */
function refuseDifferentWork(ours: readonly Measurement[], pandas: readonly Measurement[]): void {
  const results = new Set([...ours, ...pandas].map(({ rows, duplicates }) => `${rows} rows, ${duplicates} duplicates`));
  if (results.size !== 1) throw new Fault('INTERNAL', `the sides of the benchmark do not agree: ${[...results].join('; ')}`);
}

async function inChild(mode: string, csvPath: string, folder: string): Promise<Measurement> {
  const { stdout } = await runFile(process.execPath, [...process.execArgv, __filename, mode, csvPath, folder]);
  return JSON.parse(stdout) as Measurement;
}

/** Rows like those of the blood-pressure model, from one seed. */
async function writeCsv(path: string): Promise<void> {
  let state = 20_260_101;
  const uniform = (low: number, high: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return low + (high - low) * (state / 2 ** 32);
  };
  const file = createWriteStream(path);
  file.write('age,sex,s1,s6,bp\n');
  let block: string[] = [];
  for (let row = 0; row < ROWS; row++) {
    const sex = uniform(0, 1) < 0.5 ? 'female' : 'male';
    block.push(`${Math.floor(uniform(19, 80))},${sex},${Math.floor(uniform(97, 302))},${Math.floor(uniform(58, 125))},${uniform(62, 133).toFixed(2)}\n`);
    if (block.length < 10_000) continue;
    if (!file.write(block.join(''))) await once(file, 'drain');
    block = [];
  }
  file.end(block.join(''));
  await finished(file);
}

const number = (name: string, [minimum, maximum]: readonly [number, number], integer = false): object => ({ name, title: name, type: 'number', unit: '1', minimum, maximum, integer });

function manifest(): unknown {
  return {
    schema: 'salus.model/1', id: 'ingest-bench', title: 'Ingest benchmark', summary: 'Columns of the blood-pressure model.', service: 'prediction', task: 'regression',
    intendedUse: 'Benchmarks.', notFor: 'Patients.', source: { name: 'made from a seed', licence: 'MIT', citation: 'none' },
    features: [number('age', [0, 120], true), { name: 'sex', title: 'Sex', type: 'category', levels: ['female', 'male'] }, number('s1', [50, 500]), number('s6', [20, 500])],
    target: number('bp', [20, 250]), pipeline: [], split: { by: 'random', testFraction: 0.2 }, learner: { algorithm: 'none' }, metrics: ['mse'], seed: 1,
  };
}

/** Most memory that this process ever held, in MiB. */
function peakMib(): number {
  const status = existsSync(PROCESS_STATUS) ? readFileSync(PROCESS_STATUS, 'utf8') : '';
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
  return Number(kib) / 1_024;
}

/** One measurement in this process, printed as JSON. */
async function measure(mode: string, csvPath: string, folder: string): Promise<void> {
  const engine = await openEngine({ ...ENGINE, temporaryFolder: join(folder, 'spill'), folders: [folder] });
  const outputPath = join(folder, `${mode}.parquet`);
  const parsed = manifestSchema.parse(manifest());
  const started = performance.now();
  let result = { rows: ROWS, duplicates: 0 };
  if (mode === 'check') {
    const { accepted, report } = await checkCsv(engine, { csvPath, manifest: parsed, outputPath });
    if (!accepted) throw new Fault('INTERNAL', 'the file of the benchmark was refused', { issueCount: report.issueCount });
    result = { rows: report.rows, duplicates: report.duplicates };
  } else await engine.use('copying', (connection) => connection.run(`COPY (FROM read_csv(${sqlText(csvPath)})) TO ${sqlText(outputPath)} (FORMAT parquet, COMPRESSION zstd)`));
  const elapsedMs = performance.now() - started;
  engine.close();
  process.stdout.write(JSON.stringify({ elapsedMs, peakMib: peakMib(), ...result }));
}

if (require.main === module) {
  const [mode, csvPath, folder] = process.argv.slice(2);
  void measure(mode, csvPath, folder);
}
