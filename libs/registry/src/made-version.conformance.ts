/** A version descriptor of the fixture model and promotions of it, for the suites of this room: well formed, of no real training. */
import { join } from 'node:path';
import type { Promotion } from '@salus/contracts';
import { digestOf } from './canonical-json';
import type { Artifact } from './artifact';
import { ModelsFolder } from './models-folder';

const FIXTURES = join(__dirname, '../fixtures/models');

/** An artifact with these weights. */
export async function madeArtifact(weights: Uint8Array): Promise<Artifact> {
  const { manifest, manifestDigest } = await new ModelsFolder(FIXTURES).read('recovery-time');
  return {
    descriptor: {
      schema: 'salus.version/1', model: manifest.id, manifest, weights: { digest: digestOf(weights), bytes: weights.length },
      learner: { schema: 'salus.learner/1' }, pipeline: {}, coefficients: null,
      metrics: [{ name: 'rmse', value: 2.5, lower: 2, upper: 3, level: 0.95 }], exampleRow: { age: 50, ward: 'medicine' },
      lineage: { manifest: manifestDigest, dataset: digestOf(Buffer.from('d')), prepared: digestOf(Buffer.from('p')), code: '0.1.0', seed: 7, backend: 'cpu-float64' },
      rows: { train: 200, test: 92 },
    },
    weights,
  };
}

/** A promotion of the model m, changed where the test needs it. */
export function madePromotion(change: Partial<Promotion> = {}): Promotion {
  const revision = change.revision ?? 1;
  return { model: 'm', service: 'prediction', alias: 'production', version: revision, artifact: digestOf(Buffer.from(`${revision}`)), revision, ...change };
}
