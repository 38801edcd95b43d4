import { join } from 'node:path';
import type { Promotion } from '@salus/contracts';
import { MemoryBlobStore } from '@salus/persistence';
import { saveArtifact } from '@salus/registry';
import { makeModel, type MadeModel } from './conformance';
import { ModelHost } from './model-host';

const BUNDLED = { models: join(__dirname, '../../../models'), id: 'blood-pressure' };
const ROWS = 5_000;

describe('the model host', () => {
  const blobs = new MemoryBlobStore();
  let made: MadeModel;
  let versions: Promotion[];
  let host: ModelHost;
  beforeAll(async () => {
    made = await makeModel(BUNDLED);
    const artifacts = [made.artifact, (await makeModel({ ...BUNDLED, rows: 200 })).artifact];
    versions = await Promise.all(
      artifacts.map(async (artifact, at) => ({
        model: BUNDLED.id, service: 'prediction', alias: 'production', version: at + 1, artifact: await saveArtifact(blobs, artifact, undefined), revision: at + 1,
      })),
    );
  });
  beforeEach(() => {
    host = new ModelHost(blobs);
  });

  it('knows no model before one is promoted, and says which it knows after that', async () => {
    expect(() => host.get('blood-pressure')).toThrow(expect.objectContaining({ code: 'UNKNOWN_MODEL', details: { known: [] } }));
    await host.apply(versions[0]);
    expect(host.get('blood-pressure').version).toBe(1);
    for (const id of ['other', '__proto__', 'constructor', undefined]) {
      expect(() => host.get(id)).toThrow(expect.objectContaining({ code: 'UNKNOWN_MODEL', details: { known: ['blood-pressure'] } }));
    }
    expect(host.list().map(({ id, version }) => [id, version])).toEqual([['blood-pressure', 1]]);
  });

  it('lets a request that began with the old version end with it, while the next one gets the new', async () => {
    await host.apply(versions[0]);
    const rows = Array.from({ length: ROWS }, (_, at) => made.rows[at % made.rows.length]);
    const old = host.get('blood-pressure');
    const underWay = old.answer(rows, { level: 0.9, explain: false });
    await host.apply(versions[1]);
    const [first] = await host.get('blood-pressure').answer(rows.slice(0, 1), { level: 0.9, explain: false });
    const answers = await underWay;
    expect(host.get('blood-pressure').version).toBe(2);
    expect(answers).toEqual(await old.answer(rows, { level: 0.9, explain: false }));
    expect(answers[0]).not.toEqual(first);
  });

  it('says whether something changed', async () => {
    expect([await host.apply(versions[0]), await host.apply(versions[0]), await host.apply(versions[1])]).toEqual([true, false, true]);
  });

  it.each<[string, (promoted: Promotion) => Promise<Promotion>, string]>([
    ['is not there', async (promoted) => ({ ...promoted, artifact: `sha256:${'0'.repeat(64)}` }), 'NOT_FOUND'],
    ['is no version', async (promoted) => ({ ...promoted, artifact: (await blobs.put(Buffer.from('{}'), { reference: { service: 'test', fact: 'none' } })).digest }), 'INVALID_DATA'],
  ])('goes on with the version that answers when the next one %s', async (...[, broken, code]) => {
    await host.apply(versions[0]);
    await expect(host.apply(await broken(versions[1]))).rejects.toMatchObject({ code });
    expect(host.get('blood-pressure').version).toBe(1);
  });

  it('refuses an artifact that was promoted under the name of another model', async () => {
    await expect(host.apply({ ...versions[0], model: 'other' })).rejects.toMatchObject({ code: 'INVALID_DATA', details: { expected: 'other', received: 'blood-pressure' } });
    expect(host.list()).toEqual([]);
  });

  it('passes over the models of others where its own are named', async () => {
    const other = new ModelHost(blobs, new Set(['other']));
    expect(await other.apply(versions[0])).toBe(false);
    expect(other.list()).toEqual([]);
  });
});
