import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readConfiguration, scanContracts, type Promotion } from '@salus/contracts';
import { describeModel } from '@salus/contracts/prediction/describe-model';
import { listModels } from '@salus/contracts/prediction/list-models';
import { predict, type FeatureRow } from '@salus/contracts/prediction/predict';
import { KeyValue, connectClient, runService, type Client, type RunningService } from '@salus/messaging';
import { problemsOf, runExamples } from '@salus/messaging/conformance';
import { BlobStore } from '@salus/persistence';
import { PromotionProjection, REGISTRY_BUCKET, saveArtifact } from '@salus/registry';
import { TabularModel } from '@salus/serving';
import { makeModel, type MadeModel } from '@salus/serving/conformance';
import { startNats, startPostgres, type NatsTestServer, type PostgresTestServer } from '@salus/testkit';
import { configSchema, serviceConfig } from './config';
import { PredictionModule } from './prediction.module';

const START_MS = 60_000;
const ROOT = join(__dirname, '../../..');
const MODEL = 'blood-pressure';
const ROW = { age: 59, sex: 2, s1: 157, s6: 87 };
const RECOVERY_ROW = { age: 50, crp: null, ward: null };

describe('the prediction service', () => {
  let nats: NatsTestServer;
  let postgres: PostgresTestServer;
  let service: RunningService;
  let client: Client;
  let made: MadeModel;
  let promoted: Promotion[];

  const start = async (settings: Record<string, string> = {}): Promise<RunningService> => {
    const config = readConfiguration(configSchema, { NATS_URL: nats.serviceUrl, DATABASE_URL: postgres.url, LOG_LEVEL: 'silent', ...settings });
    return runService({
      module: PredictionModule.with(config), name: 'prediction', version: '0.1.0', description: 'test', handlesSignals: false,
      config: serviceConfig(config), contracts: scanContracts('prediction'),
    });
  };
  const project = async (...promotions: Promotion[]): Promise<void> => {
    const bucket = service.app.get(KeyValue, { strict: false }).open(REGISTRY_BUCKET);
    await new PromotionProjection(bucket).project(promotions, Math.max(...promotions.map(({ revision }) => revision)));
  };
  /** Asks until the model answers with that version. */
  const serves = async (version: number, model = MODEL): Promise<void> => {
    for (;;) {
      const { models } = await client.request(listModels, {});
      if (models.some((entry) => entry.model === model && entry.version === version)) return;
    }
  };
  const ask = (rows: readonly FeatureRow[], options: Record<string, unknown> = {}, model = MODEL) => client.request(predict, { rows: [...rows], ...options }, { model });

  beforeAll(async () => {
    [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
    service = await start();
    client = await connectClient({ ...nats.clients.client, checksReplies: true });
    const blobs = service.app.get(BlobStore, { strict: false });
    made = await makeModel({ models: join(ROOT, 'models'), id: MODEL });
    const fewer = await makeModel({ models: join(ROOT, 'models'), id: MODEL, rows: 200 });
    const fixture = await makeModel({ models: join(ROOT, 'libs/registry/fixtures/models'), id: 'recovery-time' });
    promoted = [];
    for (const [at, { artifact }] of [made, fewer, fixture].entries()) {
      const version = at === 1 ? 2 : 1;
      promoted.push({ model: artifact.descriptor.model, service: 'prediction', alias: 'production', version, artifact: await saveArtifact(blobs, artifact, undefined), revision: at + 1 });
    }
    await project(promoted[0], promoted[2]);
    await serves(1);
    await serves(1, 'recovery-time');
  }, START_MS);
  afterAll(async () => {
    await client?.close();
    await service?.close();
    await Promise.all([nats?.stop(), postgres?.stop()]);
  });

  it('answers every example of its contracts', async () => {
    const results = await runExamples({ service: 'prediction', client, model: MODEL });
    expect(problemsOf(results)).toBe('');
    expect(results.map(({ outcome }) => outcome)).toEqual(['answered', 'answered', 'answered']);
  });

  it('answers with what the promoted artifact gives', async () => {
    const model = new TabularModel(made.artifact, { version: 1, artifact: '' });
    const rows = made.rows.slice(0, 20);
    const reply = await ask(rows, { level: 0.8, explain: true });
    expect(reply).toEqual({ model: MODEL, version: 1, answers: JSON.parse(JSON.stringify(await model.answer(rows, { level: 0.8, explain: true }))) });
  });

  it('takes the level of the manifest when the request names none', async () => {
    const [byDefault, named] = [await ask([ROW]), await ask([ROW], { level: 0.9 })];
    expect(byDefault).toEqual(named);
    expect(byDefault.answers[0].uncertainty?.interval.level).toBe(0.9);
  });

  it('answers ten thousand rows, in their order, and no more', async () => {
    const rows = Array.from({ length: 10_000 }, (_, at) => ({ ...ROW, s1: 100 + (at % 300) }));
    const { answers } = await ask(rows, { explain: true });
    expect(answers).toHaveLength(10_000);
    for (const at of [0, 299, 300, 9_999]) expect(answers[at]).toEqual((await ask([rows[at]], { explain: true })).answers[0]);
    await expect(ask([...rows, ROW])).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it.each<[string, unknown]>([
    ['no rows', { rows: [] }],
    ['no field rows', {}],
    ['a level of .5', { rows: [ROW], level: 0.5 }],
    ['a level of 1', { rows: [ROW], level: 1 }],
    ['a level below 0', { rows: [ROW], level: -0.9 }],
    ['a level in percent', { rows: [ROW], level: 90 }],
    ['a level as text', { rows: [ROW], level: '0.9' }],
    ['a row that is a list', { rows: [[59, 2, 157, 87]] }],
    ['a row that is null', { rows: [null] }],
    ['a value that is an object', { rows: [{ ...ROW, age: { value: 59 } }] }],
    ['a field that there is not', { rows: [ROW], levels: 0.9 }],
  ])('refuses %s', async (_, payload) => {
    await expect(client.request(predict, payload as never, { model: MODEL })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('names row and field of what it cannot read, and not the value', async () => {
    const refused = await ask([ROW, { ...ROW, age: 31_415.926 }]).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'INVALID_REQUEST', details: { issues: [{ row: 1, field: 'age' }] } });
    expect(JSON.stringify([refused, String(refused)])).not.toContain('31415');
  });

  it('says which models it knows when it is asked for another', async () => {
    const unknown = { code: 'UNKNOWN_MODEL', details: { known: [MODEL, 'recovery-time'] } };
    await expect(ask([ROW], {}, 'blood-presure')).rejects.toMatchObject(unknown);
    await expect(client.request(describeModel, { model: 'blood-presure' })).rejects.toMatchObject(unknown);
  });

  it.each([[MODEL], ['recovery-time']])('describes %s: its example row is answered, its features and ranges are those of the row schema', async (model) => {
    const described = await client.request(describeModel, { model });
    const { properties, required } = described.rowSchema as { properties: Record<string, { minimum?: number; maximum?: number; enum?: unknown[] }>; required: string[] };
    expect(Object.keys(properties)).toEqual(described.features.map(({ name }) => name));
    for (const name of required) expect(described.exampleRow).toHaveProperty(name);
    for (const [name, value] of Object.entries(described.exampleRow)) {
      const { minimum = NaN, maximum = NaN, enum: levels } = properties[name];
      expect(levels ? levels.includes(value) : Number(value) >= minimum && Number(value) <= maximum).toBe(true);
    }
    const { answers } = await ask([described.exampleRow], { explain: true }, model);
    expect(answers[0]).toMatchObject({ outcome: 'answered', result: { unit: described.target.unit } });
  });

  it('swaps to what is promoted and back without failing a request; each answer is one of either version', async () => {
    const asked: Promise<number>[] = [];
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        asked.push(ask([ROW]).then(({ version }) => version));
        await Promise.allSettled(asked.slice(-8, -7));
        await new Promise(setImmediate);
      }
    })();
    await project({ ...promoted[1], revision: 10 });
    await serves(2);
    await project({ ...promoted[0], revision: 11 });
    await serves(1);
    isOver = true;
    await asking;
    const versions = await Promise.all(asked);
    expect(new Set(versions)).toEqual(new Set([1, 2]));
    expect(versions.at(-1)).toBe(1);
  });

  it('goes on answering while the registry is wiped, and never goes back to an older promotion', async () => {
    const bucket = service.app.get(KeyValue, { strict: false }).open(REGISTRY_BUCKET);
    for (const key of await bucket.keys()) await bucket.delete(key);
    await bucket.put(`prediction.${MODEL}.production`, Buffer.from(JSON.stringify({ ...promoted[1], revision: 2 })));
    // A later promotion of another model shows that the follower has read the bucket since.
    await project({ ...promoted[2], version: 7, revision: 12 });
    await serves(7, 'recovery-time');
    expect((await ask([ROW])).version).toBe(1);
  });

  it('joins with its models loaded: the first request that reaches a new instance is answered', async () => {
    await project({ ...promoted[0], revision: 13 });
    const joined = await start();
    await service.close();
    service = joined;
    const versions = await Promise.all(Array.from({ length: 50 }, async () => (await ask([ROW])).version));
    expect(new Set(versions)).toEqual(new Set([1]));
  }, START_MS);

  it('hears of its models alone when it is a placement, so that it does not answer for the group of the others', async () => {
    const placed = await start({ MODELS_SERVED: 'recovery-time', NATS_QUEUE: 'prediction-recovery' });
    const asked = Array.from({ length: 50 }, async () => ({ answer: await ask([ROW]), listed: await client.request(listModels, {}) }));
    for (const { answer, listed } of await Promise.all(asked)) {
      expect(answer.version).toBe(1);
      expect(listed.models.map(({ model }) => model)).toEqual([MODEL, 'recovery-time']);
    }
    await service.close();
    expect((await ask([RECOVERY_ROW], {}, 'recovery-time')).version).toBe(7);
    await expect(client.request(predict, { rows: [ROW] }, { model: MODEL, timeoutMs: 300 })).rejects.toMatchObject({ code: expect.stringMatching(/DEADLINE_EXCEEDED|UNAVAILABLE/) });
    service = await start();
    await placed.close();
  }, START_MS);

  it('answers with the models that its configuration names, and with them alone', async () => {
    const placed = await start({ MODELS_SERVED: ' recovery-time, ' });
    await service.close();
    service = placed;
    expect((await client.request(listModels, {})).models.map(({ model }) => model)).toEqual(['recovery-time']);
    await expect(ask([ROW])).rejects.toMatchObject({ code: 'UNKNOWN_MODEL', details: { known: ['recovery-time'] } });
  }, START_MS);

  it('goes on answering when NATS comes back without its JetStream store', async () => {
    await nats.kill();
    rmSync(join(nats.folder, 'nats', 'jetstream'), { recursive: true });
    await nats.restart();
    // Across accounts nobody tells a client that the service is still on its way back, so it asks until it is there.
    const askOnce = () => client.request(predict, { rows: [RECOVERY_ROW] }, { model: 'recovery-time', timeoutMs: 500 });
    let version: number | undefined;
    while (version === undefined) {
      version = await askOnce().then(
        (reply) => reply.version,
        (error: unknown) => void expect(error).toMatchObject({ code: expect.stringMatching(/DEADLINE_EXCEEDED|UNAVAILABLE/) }),
      );
    }
    expect(version).toBe(7);
  }, START_MS);
});
