import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatasetDescriptor, PreparedDescriptor } from '@salus/contracts';
import { columnOf } from '@salus/features';
import { connectClient, type Client } from '@salus/messaging';
import { RawSocketClient, startNats, type NatsTestServer } from '@salus/testkit';
import { Facts } from './facts.conformance';
import { report } from './figures.conformance';
import { build, ingest, predictOnce, untilServed, type Built } from './flows.conformance';
import { csvOf, makeModel } from './made-model.conformance';
import { filesBelow, Platform } from './platform.conformance';
import { seed } from './verify-mode.conformance';

const MODEL = 'made-private';
const TIMEOUT_MS = 180_000;
const PREDICT = `prediction.v1.predict.${MODEL}`;
/** What only services may see or say. */
const INTERNAL = ['event.>', 'event.training.v1.job-changed', 'wake.>', 'wake.training', '$JS.>', '$JS.API.>', '$KV.>', '$KV.registry.>', '_INBOX.>', '_INBOX_alice.>', '$SYS.>', '>'];
/** Where a client may not send. */
const FORBIDDEN = ['event.training.v1.model-promoted', 'wake.training', '$JS.API.STREAM.NAMES', '$KV.registry.prediction', '_INBOX_alice.guess', '$SYS.REQ.SERVER.PING'];
/** What mallory claims to be. */
const FORGED = { 'Nats-Request-Info': JSON.stringify({ acc: 'CLIENTS', user: 'alice', rtt: 1 }) };
const PSEUDONYM = /^[0-9a-f]{64}$/;

describe('between two clients of one platform', () => {
  let nats: NatsTestServer;
  let platform: Platform;
  let alice: Client;
  let mallory: RawSocketClient;
  let facts: Facts;
  let built: Built;
  /** Values that stand for a patient's data; none of them may be seen outside of the tables. */
  const canary = { patient: `PATIENT-${token()}`, cell: `CELL-${token()}`, field: `FIELD${token()}`, number: `73.${seed % 9973}${randomBytes(4).readUInt32BE() % 899_999_999 + 100_000_000}`, body: `BODY-${token()}` };

  beforeAll(async () => {
    nats = await startNats({ clients: ['alice', 'mallory'] });
    platform = await Platform.start({ nats: { serviceUrl: nats.serviceUrl, clientUrl: nats.clients.alice.url }, env: { LOG_LEVEL: 'debug' } });
    alice = await connectClient({ ...nats.clients.alice, url: nats.url, checksReplies: true });
    mallory = await RawSocketClient.connect(nats.clients.mallory);
    facts = await Facts.open(platform.databaseUrl);
    const { path } = makeModel({ modelsFolder: platform.modelsFolder, id: MODEL, seed, rows: 600 });
    writeFileSync(path, `${csvOf(seed, 600)}${canary.patient},${canary.number},1.5,ward,20\n`);
    built = await build(alice, { model: MODEL, path });
    await mallory.request('training.v1.promote-version', JSON.stringify({ model: MODEL, version: built.version }), { headers: FORGED });
    await untilServed(alice, { model: MODEL, version: built.version });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await facts?.close();
    await mallory?.close();
    await alice?.close();
    await platform?.stop();
    await nats?.stop();
  }, TIMEOUT_MS);

  describe('a forged caller', () => {
    it('is overwritten by the server: the upload is stored under the true user', async () => {
      const fileName = `${randomUUID()}.csv`;
      const { headers } = await mallory.request('ingestion.v1.begin-upload', JSON.stringify({ model: MODEL, fileName, bytes: 10 }), { headers: FORGED });
      expect(headers).not.toHaveProperty('Nats-Service-Error-Code');
      expect(await facts.query('SELECT caller FROM ingestion.upload WHERE file_name = $1', [fileName])).toEqual([{ caller: 'CLIENTS/mallory' }]);
    });

    it('is overwritten by the server: promotion and job are recorded under the true user', async () => {
      await mallory.request('training.v1.start-training', JSON.stringify({ model: MODEL, prepared: built.prepared }), { headers: FORGED });
      expect(await facts.query('SELECT caller FROM training.job ORDER BY created_at')).toEqual([{ caller: 'CLIENTS/alice' }, { caller: 'CLIENTS/mallory' }]);
      expect(await facts.query('SELECT caller FROM training.alias_change')).toEqual([{ caller: 'CLIENTS/mallory' }]);
    });

    it('cannot use the idempotency key of another client: the same key is another request', async () => {
      const key = randomUUID();
      const request = { model: MODEL, fileName: 'keyed.csv', bytes: 10 };
      const ask = async (client: RawSocketClient): Promise<unknown> => {
        const { body } = await client.request('ingestion.v1.begin-upload', JSON.stringify(request), { headers: { ...FORGED, 'Salus-Idempotency-Key': key } });
        return (JSON.parse(body.toString('utf8')) as { uploadId: string }).uploadId;
      };
      const raw = await RawSocketClient.connect(nats.clients.alice);
      const [ofAlice, ofMallory] = [await ask(raw), await ask(mallory)];
      await raw.close();
      expect(ofAlice).not.toBe(ofMallory);
      expect(await facts.query('SELECT caller FROM ingestion.upload WHERE idempotency_key = $1 ORDER BY caller', [key])).toEqual([{ caller: 'CLIENTS/alice' }, { caller: 'CLIENTS/mallory' }]);
    });
  });

  describe('what belongs to others', () => {
    it('is out of reach to listen to: the server refuses each subject, and nothing arrives while others work', async () => {
      const spy = await RawSocketClient.connect(nats.clients.mallory);
      const heard: string[] = [];
      for (const subject of [...INTERNAL, 'training.>', PREDICT]) spy.subscribe(subject, (message) => void heard.push(message.subject));
      await spy.flush();
      await alice.request(predictOnce, { rows: [{ age: 50, dose: 1, place: 'home' }] }, { model: MODEL });
      await alice.request(predictOnce, { rows: [{ age: 51, dose: 1, place: 'home' }] }, { model: MODEL });
      await ingest(alice, { model: MODEL, path: join(platform.modelsFolder, MODEL, 'data/rows.csv') });
      await spy.flush();
      const refused = spy.serverErrors.filter((text) => text.includes('Permissions Violation for Subscription'));
      report('privacy: a client listens to what belongs to others', { subscriptions: INTERNAL.length + 2, 'refused by the server': refused.length, 'messages heard': heard.length });
      expect(refused).toHaveLength(INTERNAL.length + 2);
      expect(heard).toEqual([]);
      await spy.close();
    }, TIMEOUT_MS);

    it('is out of reach to speak to: the server refuses each subject', async () => {
      const speaker = await RawSocketClient.connect(nats.clients.mallory);
      for (const subject of FORBIDDEN) speaker.publish(subject, '{}');
      await speaker.flush();
      expect(speaker.serverErrors.filter((text) => text.includes('Permissions Violation for Publish'))).toHaveLength(FORBIDDEN.length);
      await speaker.close();
    });

    it('is not reached by way of a reply subject either: an operation that is named there does nothing', async () => {
      const before = await facts.query('SELECT * FROM training.alias_change');
      for (const reply of ['training.v1.rollback-model', 'wake.training', 'event.training.v1.model-promoted', '$KV.registry.prediction']) mallory.publish('prediction.v1.list-models', '{}', { reply });
      await mallory.flush();
      await alice.request(predictOnce, { rows: [{ age: 50, dose: 1, place: 'home' }] }, { model: MODEL });
      expect(await facts.query('SELECT * FROM training.alias_change')).toEqual(before);
    });
  });

  describe('a canary', () => {
    it('in requests and files, good and bad ones, is found in no log', async () => {
      await sendCanaries();
      // Lines of a failing job are written by its process, which ends a moment after the job.
      await sleep(500);
      const logs = [...filesBelow(platform.logFolder), ...filesBelow(nats.folder).filter((file) => file.endsWith('.log'))];
      const found = logs.flatMap((file) => Object.entries(canary).filter(([, value]) => readFileSync(file, 'latin1').includes(value)).map(([kind]) => `${kind} in ${file}`));
      const lines = logs.reduce((count, file) => count + readFileSync(file, 'latin1').split('\n').length - 1, 0);
      report('privacy: canaries', { 'kinds of canary': Object.keys(canary).length, 'log files': logs.length, 'lines of log': lines, 'canaries found': found.length });
      expect(found).toEqual([]);
      expect(logs.map((file) => file.slice(file.lastIndexOf('/') + 1))).toEqual(expect.arrayContaining(['ingestion.log', 'prediction.log', 'postgres.log', 'nats.log']));
      expect(platform.log('prediction')).toContain('a request was refused');
    }, TIMEOUT_MS);

    it('that is a patient is found in no Parquet: there are pseudonyms only', async () => {
      const dataset = await facts.json<DatasetDescriptor>(built.dataset);
      const prepared = await facts.json<PreparedDescriptor>(built.prepared);
      for (const { digest } of [dataset.data, prepared.data]) {
        const patients = columnOf(await facts.table(digest, [{ name: 'patient', type: 'text' }]), 'patient') as { readonly levels: readonly string[] };
        expect(patients.levels).toHaveLength(201);
        expect(patients.levels.filter((text) => !PSEUDONYM.test(text))).toEqual([]);
      }
    });

    it('that is a patient is in no blob and in none of the files that the services keep', async () => {
      const blobs = await facts.query<{ digest: string }>('SELECT digest FROM platform.blob');
      for (const { digest } of blobs) expect(Buffer.from(await facts.blobs.read(digest, { maxBytes: 64 << 20 })).includes(canary.patient)).toBe(false);
      const kept = filesBelow(platform.state).filter((file) => !file.startsWith(join(platform.state, 'postgres')));
      expect(kept.filter((file) => readFileSync(file).includes(canary.patient))).toEqual([]);
      expect(blobs.length).toBeGreaterThan(0);
    });
  });

  /** Puts the canaries wherever a client can put something: rows, bodies, files, names; into good requests and bad ones. */
  async function sendCanaries(): Promise<void> {
    const { patient, cell, field, number, body } = canary;
    await alice.request(predictOnce, { rows: [{ age: Number(number), dose: null, place: 'ward' }], explain: true }, { model: MODEL });
    const bad = [
      { rows: [{ age: cell, dose: 1, place: 'ward' }] }, { rows: [{ age: Number(number) * 1e6, place: 'ward' }] }, { rows: [{ [field]: cell }] }, { rows: [{ age: 50, place: cell }] },
      { rows: [cell] }, { [field]: patient }, { rows: [{ age: 50, place: 'ward', patient }] },
    ];
    for (const request of bad) await mallory.request(PREDICT, JSON.stringify(request));
    for (const text of [body, `{"rows":[{"age":"${body}`, `"${body}"`, `{"__proto__":"${body}"}`, `{"pattern":"${PREDICT}","id":"${body}","data":{}}`]) await mallory.request(PREDICT, text);
    await mallory.request(`prediction.v1.predict.${body}`, '{}');
    await mallory.request(`prediction.v1.${body}`, '{}');
    const headers = { traceparent: body, 'Salus-Deadline-Ms': body, 'Salus-Idempotency-Key': `${body} ${'x'.repeat(200)}`, 'Content-Type': body };
    for (const [name, value] of Object.entries(headers)) await mallory.request(PREDICT, '{"rows":[{"age":50,"place":"ward"}]}', { headers: { [name]: value } });
    await mallory.request('ingestion.v1.begin-upload', JSON.stringify({ model: body, fileName: patient, bytes: 10 }));
    await mallory.request('ingestion.v1.finish-upload', JSON.stringify({ uploadId: randomUUID(), digest: body }));
    const good = csvOf(seed + 1, 30);
    const files = [`${good}${patient},${cell},1,ward,20\n`, `${good}${patient},${number}e9,1,ward,20\n`, `${good}${patient},50,1,${cell},20\n`, `${good}${patient},50\n`, `${patient},${cell}\n${good}`, `${good}"${patient}\n`];
    for (const [at, text] of files.entries()) {
      const path = join(platform.folder, `${patient}-${at}.csv`);
      writeFileSync(path, text);
      expect(await ingest(alice, { model: MODEL, path })).toMatchObject({ state: 'failed', failure: { code: 'INVALID_DATA' } });
    }
  }
});

/** Letters and digits that occur nowhere else. */
function token(): string {
  return randomBytes(9).toString('hex');
}
