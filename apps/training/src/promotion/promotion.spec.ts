import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Promotion } from '@salus/contracts';
import { listVersions } from '@salus/contracts/training/list-versions';
import { promoteVersion } from '@salus/contracts/training/promote-version';
import { rollbackModel } from '@salus/contracts/training/rollback-model';
import { driftOf, inTransaction, rowsOf } from '@salus/persistence';
import type { Artifact } from '@salus/registry';
import { startTraining, type TrainingSuite } from '../suite.conformance';
import { train } from '../train-model/train';
import { preparedRows } from '../train-model/prepared-rows.conformance';
import { VersionStore } from '../versions/version.store';
import { PromotionStore } from './promotion.store';

const START_MS = 60_000;
const RECOVERY_MS = 60_000;

interface History {
  readonly revision: string;
  readonly version: number;
  readonly action: string;
  readonly caller: string;
}

describe('promotion', () => {
  let suite: TrainingSuite;
  let artifact: Artifact;
  let models = 0;
  beforeAll(async () => {
    [suite, artifact] = await Promise.all([startTraining(), preparedRows('blood-pressure').then(({ request }) => train(request))]);
  }, START_MS);
  afterAll(() => suite?.close());

  /** A model of its own with so many versions. */
  const registered = async (versions: number): Promise<string> => {
    const model = `model-${(models += 1)}`;
    for (let version = 1; version <= versions; version++) {
      const { descriptor } = artifact;
      const manifest = { ...descriptor.manifest, id: model };
      expect(await suite.register({ ...artifact, descriptor: { ...descriptor, model, manifest, lineage: { ...descriptor.lineage, code: `0.0.${version}` } } })).toBe(version);
    }
    return model;
  };
  const promote = (model: string, version: number): Promise<Promotion> => suite.client.request(promoteVersion, { model, version });
  const rollback = (model: string): Promise<Promotion> => suite.client.request(rollbackModel, { model });
  const historyOf = (model: string) =>
    rowsOf<History>(suite.database, 'SELECT revision, version, action, caller FROM training.alias_change WHERE model = $1 ORDER BY revision', [model]);
  const aliasOf = async (model: string) =>
    (await rowsOf<{ version: number; earlier: number[]; revision: string }>(suite.database, 'SELECT version, earlier, revision FROM training.alias WHERE model = $1', [model]))[0];

  it('carries out a change once per idempotency key, so that a lost reply rolls nothing back twice', async () => {
    const model = await registered(3);
    for (const version of [1, 2, 3]) await promote(model, version);
    const again = () => suite.client.request(rollbackModel, { model }, { idempotencyKey: `once-${model}` });
    const [first, second] = [await again(), await again()];
    expect([first.version, second]).toEqual([2, first]);
    await expect(suite.client.request(promoteVersion, { model, version: 3 }, { idempotencyKey: `once-${model}` })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await historyOf(model)).map(({ action }) => action)).toEqual(['promote', 'promote', 'promote', 'rollback']);
  });

  it('stacks: each rollback takes one promotion back, until nothing served before', async () => {
    const model = await registered(3);
    for (const version of [1, 2, 3]) expect(await promote(model, version)).toMatchObject({ model, version, service: 'prediction', alias: 'production' });
    expect((await rollback(model)).version).toBe(2);
    expect((await promote(model, 3)).version).toBe(3);
    expect((await rollback(model)).version).toBe(2);
    expect((await rollback(model)).version).toBe(1);
    await expect(rollback(model)).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('before version 1') });
    expect((await aliasOf(model)).version).toBe(1);
  });

  it('gives each change a higher revision and keeps who made it', async () => {
    const model = await registered(2);
    const revisions = [await promote(model, 1), await promote(model, 2), await rollback(model), await promote(model, 2)].map(({ revision }) => revision);
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    const history = await historyOf(model);
    expect(history.map(({ revision, version, action }) => [Number(revision), version, action])).toEqual([
      [revisions[0], 1, 'promote'], [revisions[1], 2, 'promote'], [revisions[2], 1, 'rollback'], [revisions[3], 2, 'promote'],
    ]);
    expect(new Set(history.map(({ caller }) => caller))).toEqual(new Set(['CLIENTS/client']));
  });

  it('changes nothing when the version serves already', async () => {
    const model = await registered(1);
    const first = await promote(model, 1);
    expect(await promote(model, 1)).toEqual(first);
    expect(await historyOf(model)).toHaveLength(1);
    expect((await aliasOf(model)).earlier).toEqual([]);
  });

  it('refuses versions and models that there are not', async () => {
    const model = await registered(1);
    await expect(promote(model, 2)).rejects.toMatchObject({ code: 'NOT_FOUND', details: { model, version: 2 } });
    await expect(promote('unknown', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(rollback(model)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await aliasOf(model)).toBeUndefined();
  });

  it('lets changes at once come one after the other: the stack is what the history gives', async () => {
    const model = await registered(4);
    await promote(model, 1);
    const settled = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => (i % 5 === 4 ? rollback(model) : promote(model, 1 + (i % 4)))));
    for (const outcome of settled) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'CONFLICT' });
    const history = await historyOf(model);
    const stack: number[] = [];
    for (const { action, version } of history) {
      if (action === 'promote') stack.push(version);
      else stack.pop();
      expect(stack.at(-1)).toBe(version);
    }
    expect(await aliasOf(model)).toEqual({ version: stack.pop(), earlier: stack, revision: history.at(-1)?.revision });
    expect(new Set(history.map(({ revision }) => revision)).size).toBe(history.length);
  });

  it('stands in the registry bucket before the answer comes, under its service, model and alias', async () => {
    const model = await registered(2);
    for (const change of [() => promote(model, 1), () => promote(model, 2), () => rollback(model)]) {
      const promotion = await change();
      expect((await suite.bucket())[`prediction.${model}.production`]).toEqual(promotion);
    }
  });

  it('is told in the list of versions, newest first', async () => {
    const model = await registered(3);
    await promote(model, 2);
    const { versions } = await suite.client.request(listVersions, { model });
    expect(versions.map(({ version, aliases }) => [version, aliases])).toEqual([[3, []], [2, ['production']], [1, []]]);
    expect((await suite.client.request(listVersions, { model, limit: 1 })).versions).toHaveLength(1);
    expect((await suite.client.request(listVersions, {})).versions.length).toBeGreaterThan(3);
  });

  it('registers one artifact once, however many do it at once, and numbers others without a gap', async () => {
    const model = await registered(1);
    const { descriptor } = artifact;
    const of = (code: string): Artifact => ({ ...artifact, descriptor: { ...descriptor, model, manifest: { ...descriptor.manifest, id: model }, lineage: { ...descriptor.lineage, code } } });
    const versions = await Promise.all(['a', 'b', 'a', 'c', 'b', 'a', 'a', 'c'].map((code) => suite.register(of(code))));
    expect([...new Set(versions)].sort()).toEqual([2, 3, 4]);
    expect((await suite.client.request(listVersions, { model })).versions.map(({ version }) => version)).toEqual([4, 3, 2, 1]);
  });

  it('leaves nothing of a registration whose transaction fails', async () => {
    const model = await registered(1);
    const { descriptor } = artifact;
    const failing = inTransaction(suite.database, async (transaction) => {
      await new VersionStore(suite.database).add(`sha256:${'0'.repeat(64)}`, { ...descriptor, model }, transaction);
      throw new RangeError('the job failed');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect((await suite.client.request(listVersions, { model })).versions).toHaveLength(1);
  });

  it('comes back into the bucket after the JetStream store was wiped, from PostgreSQL alone', async () => {
    const before = await suite.bucket();
    expect(Object.keys(before).length).toBeGreaterThan(3);
    await suite.nats.kill();
    rmSync(join(suite.nats.folder, 'nats', 'jetstream'), { recursive: true });
    await suite.nats.restart();
    // By the projector's own rounds, as nobody promotes anything; the service has to reconnect first.
    let after: Record<string, unknown> = {};
    while (Object.keys(after).length < Object.keys(before).length) {
      await sleep(50);
      after = await suite.bucket().catch(() => ({}));
    }
    expect(after).toEqual(before);
    const { promotions, newest } = await new PromotionStore(suite.database, new VersionStore(suite.database)).all();
    expect(Object.fromEntries(promotions.map((entry) => [`${entry.service}.${entry.model}.${entry.alias}`, entry]))).toEqual(after);
    expect(newest).toBeGreaterThanOrEqual(Math.max(...promotions.map(({ revision }) => revision)));
  }, RECOVERY_MS);

  it('has the tables that its entities describe', async () => {
    await expect(driftOf(suite.database)).resolves.toEqual([]);
  });
});
