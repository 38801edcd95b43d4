import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelsFolder, parseManifest } from './models-folder';

const BUNDLED = join(__dirname, '../../../models');
const FIXTURES = join(__dirname, '../fixtures/models');

describe('the models folder', () => {
  let root: string;
  const write = (id: string, text: string): void => {
    mkdirSync(join(root, id), { recursive: true });
    writeFileSync(join(root, id, 'model.json'), text);
  };
  const edited = (edit: (manifest: Record<string, unknown>) => unknown): string =>
    JSON.stringify(edit(JSON.parse(readFileSync(join(BUNDLED, 'blood-pressure/model.json'), 'utf8')) as Record<string, unknown>));

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'salus-models-'));
    cpSync(join(BUNDLED, 'blood-pressure/model.json'), join(root, 'blood-pressure/model.json'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('reads every model that the repository has', async () => {
    for (const folder of [new ModelsFolder(BUNDLED), new ModelsFolder(FIXTURES)]) {
      const ids = await folder.ids();
      expect(ids.length).toBeGreaterThan(0);
      for (const id of ids) expect((await folder.read(id)).manifest.id).toBe(id);
    }
  });

  it('lists folders with a manifest and a model id for a name, and nothing else', async () => {
    write('second-model', edited((manifest) => ({ ...manifest, id: 'second-model' })));
    write('_template', '{}');
    mkdirSync(join(root, 'empty'));
    writeFileSync(join(root, 'notes.txt'), '');
    await expect(new ModelsFolder(root).ids()).resolves.toEqual(['blood-pressure', 'second-model']);
  });

  it.each([['blood-presure'], ['..'], ['../models/blood-pressure'], ['blood-pressure/'], ['/etc'], ['blood-pressure\u0000'], ['Blood-Pressure'], [''], ['x'.repeat(500)]])(
    'knows no model %j and says which there are',
    async (id) => {
      await expect(new ModelsFolder(root).read(id)).rejects.toMatchObject({
        code: 'UNKNOWN_MODEL',
        message: expect.stringContaining('known are: blood-pressure'),
        details: { model: id.slice(0, 64) },
      });
    },
  );

  it('names the same digest for the same manifest, however it is written', async () => {
    const { manifestDigest } = await new ModelsFolder(root).read('blood-pressure');
    write('blood-pressure', edited((manifest) => Object.fromEntries(Object.entries({ ...manifest }).reverse())));
    expect((await new ModelsFolder(root).read('blood-pressure')).manifestDigest).toBe(manifestDigest);
    write('blood-pressure', edited((manifest) => ({ ...manifest, seed: 1 })));
    expect((await new ModelsFolder(root).read('blood-pressure')).manifestDigest).not.toBe(manifestDigest);
  });

  it('refuses a manifest that calls itself something else', async () => {
    write('second-model', edited((manifest) => manifest));
    await expect(new ModelsFolder(root).read('second-model')).rejects.toMatchObject({
      code: 'INVALID_MANIFEST', message: expect.stringContaining('models/second-model/model.json'), details: { expected: 'second-model', received: 'blood-pressure' },
    });
  });

  const broken: [string, string, string][] = [
    ['text that is not JSON', '{"schema":', ''],
    ['a missing field', edited((manifest) => ({ ...manifest, target: undefined })), 'target'],
    ['an unknown field', edited((manifest) => ({ ...manifest, colour: 'blue' })), ''],
    ['a wrong type', edited((manifest) => ({ ...manifest, seed: 'x' })), 'seed'],
    ['a step for a column that is no feature', edited((manifest) => ({ ...manifest, pipeline: [{ step: 'standardise', columns: ['weight'] }] })), 'pipeline.0.columns'],
    ['a step that contradicts its feature', edited((manifest) => ({ ...manifest, pipeline: [{ step: 'impute', columns: ['age'], strategy: 'constant', value: 'x' }] })), 'pipeline.0'],
    ['a column that has the name of one of ours', edited((manifest) => ({ ...manifest, patient: 'Split' })), 'features'],
    ['a column with the name of what every object has', edited((manifest) => ({ ...manifest, patient: 'constructor' })), 'patient'],
    ['two columns whose names differ by case alone', edited((manifest) => ({ ...manifest, patient: 'AGE' })), 'features'],
    ['a learner that there is not', edited((manifest) => ({ ...manifest, learner: { algorithm: 'crystal-ball' } })), 'learner'],
    ['a parameter that the learner does not take', edited((manifest) => ({ ...manifest, learner: { algorithm: 'ols', parameters: { depth: 3 } } })), 'learner'],
  ];
  it.each(broken)('refuses %s and names file and path', (_, text, path) => {
    const parse = (): unknown => parseManifest(text, 'models/m/model.json');
    expect(parse).toThrow(expect.objectContaining({ code: 'INVALID_MANIFEST', message: expect.stringMatching(/^models\/m\/model\.json /) }));
    if (path !== '') expect(parse).toThrow(expect.objectContaining({ details: { file: 'models/m/model.json', issues: expect.arrayContaining([expect.objectContaining({ path })]) } }));
  });

  it('says that the folder cannot be read when there is none', async () => {
    await expect(new ModelsFolder(join(root, 'none')).ids()).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });
});
