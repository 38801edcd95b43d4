/**
 * Least squares beside scikit-learn on the same rows (the coefficients must agree), and prediction intervals per second
 * beside the plain way, which sorts all sums of a row. Medians of five interleaved rounds.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foldsOf } from '@salus/evaluation';
import { Fault } from '@salus/fault';
import { askPython, median, type BenchLine } from '@salus/testkit';
import { crossConformal, predictionIntervals, type CrossConformal } from './cross-conformal/cross-conformal';
import type { Design } from './design';
import { fitLearner, linearTermsOf } from './learn';
import type { TrainingData } from './learner';
import { simulateRows } from './simulated-rows.conformance';

export const suite = 'learners';
export const peers = { debian: ['python3-numpy', 'python3-sklearn'] };

type Report = (line: BenchLine) => void;

const ROUNDS = 5;
const SEED = 1;
const FIT = { rows: 100_000, cols: 50 };

/** Runs the suite; an absent peer is said in the name of the peer. */
export async function run(report: Report): Promise<void> {
  await benchFit(report);
  for (const { rows, asked } of [
    { rows: 354, asked: 2_000 },
    { rows: 5_000, asked: 300 },
    { rows: 50_000, asked: 60 },
  ])
    await benchIntervals(report, { rows, asked });
}

interface PeerFit {
  readonly elapsedMs: number;
  readonly intercept: number;
  readonly coefficients: readonly number[];
}

async function benchFit(report: Report): Promise<void> {
  const data = simulateRows({ ...FIT, seed: SEED, spreads: 'equal' });
  const folder = await mkdtemp(join(tmpdir(), 'salus-learners-'));
  try {
    const path = join(folder, 'rows.f64');
    await writeFile(path, tableBytes(data));
    const ours: number[] = [];
    const peers: PeerFit[] = [];
    let peerName = 'scikit-learn LinearRegression';
    for (let round = 0; round < ROUNDS; round++) {
      const started = performance.now();
      const fitted = await fitLearner('ols', data, { seed: SEED });
      ours.push(performance.now() - started);
      const peer = await askPython<PeerFit>(join(__dirname, 'ols.peer.py'), [path, String(FIT.rows), String(FIT.cols)]);
      if ('absent' in peer) peerName = `scikit-learn is absent: ${peer.absent}`;
      else {
        refuseOtherCoefficients(linearTermsOf(fitted)!, peer);
        peers.push(peer);
      }
    }
    const peer = peers.length === 0 ? null : median(peers.map(({ elapsedMs }) => elapsedMs));
    report({ name: 'least squares, 100,000 × 50', ours: median(ours), peer, peerName, unit: 'ms', ratio: peer === null ? null : peer / median(ours) });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function tableBytes({ design, target }: TrainingData): Uint8Array {
  const table = new Float64Array(design.rows * (design.cols + 1));
  for (let i = 0; i < design.rows; i++) {
    table.set(design.values.subarray(i * design.cols, (i + 1) * design.cols), i * (design.cols + 1));
    table[(i + 1) * (design.cols + 1) - 1] = target[i];
  }
  return new Uint8Array(table.buffer);
}

function refuseOtherCoefficients(ours: { intercept: number; coefficients: Float64Array }, peer: PeerFit): void {
  const differs = ours.coefficients.findIndex((value, j) => !(Math.abs(value - peer.coefficients[j]) < 1e-8));
  if (differs >= 0 || !(Math.abs(ours.intercept - peer.intercept) < 1e-6))
    throw new Fault('INTERNAL', 'the sides of the benchmark found different coefficients', { column: differs });
}

async function benchIntervals(report: Report, { rows, asked }: { rows: number; asked: number }): Promise<void> {
  const data = simulateRows({ rows, cols: 4, seed: SEED });
  const { design } = simulateRows({ rows: asked, cols: 4, seed: SEED + 1 });
  const fitted = await fitLearner('ols', data, { seed: SEED });
  const calibration = await crossConformal(fitted, data, { seed: SEED, independentRows: true, assignFolds: (folds) => foldsOf(rows, { folds, seed: SEED }) });
  const ours: number[] = [];
  const peers: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    const quick = predictionIntervals(calibration, design, 0.9);
    const between = performance.now();
    const sorted = sortedIntervals(calibration, design, 0.9);
    ours.push(asked / ((between - begin) / 1_000));
    peers.push(asked / ((performance.now() - between) / 1_000));
    if (quick.some(({ lower, upper }, i) => lower !== sorted[i][0] || upper !== sorted[i][1]))
      throw new Fault('INTERNAL', 'the sides of the benchmark gave different intervals');
  }
  const [rate, peer] = [Math.round(median(ours)), Math.round(median(peers))];
  const name = `${calibration.method} intervals, ${rows.toLocaleString('en')} training rows, 4 columns`;
  report({ name, ours: rate, peer, peerName: 'the same sums, sorted', unit: 'rows/s', ratio: rate / peer });
}

function sortedIntervals({ models, residuals, starts }: CrossConformal, design: Design, level: number): [number, number][] {
  const n = residuals.length;
  const rank = Math.ceil(level * (n + 1));
  return Array.from({ length: design.rows }, (_, row) => {
    const low = new Float64Array(n);
    const high = new Float64Array(n);
    models.intercepts.forEach((intercept, k) => {
      let prediction = intercept;
      for (let j = 0; j < design.cols; j++) prediction += models.coefficients[k * design.cols + j] * design.values[row * design.cols + j];
      for (let i = starts[k]; i < starts[k + 1]; i++) {
        low[i] = prediction - residuals[i];
        high[i] = prediction + residuals[i];
      }
    });
    return [low.sort()[n - rank], high.sort()[rank - 1]];
  });
}
