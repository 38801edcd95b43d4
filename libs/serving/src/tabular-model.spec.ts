import { join } from 'node:path';
import { predictionAnswer, type FeatureRow, type PredictionAnswer } from '@salus/contracts/prediction/predict';
import { Fault } from '@salus/fault';
import { requiredByPipeline, tableFromRows } from '@salus/features';
import { MemoryBlobStore } from '@salus/persistence';
import { loadArtifact, saveArtifact } from '@salus/registry';
import { makeModel, type MadeModel } from './conformance';
import { TabularModel } from './tabular-model';

const ROOT = join(__dirname, '../../..');
const BUNDLED = { models: join(ROOT, 'models'), id: 'blood-pressure' };
const FIXTURE = { models: join(ROOT, 'libs/registry/fixtures/models'), id: 'recovery-time' };
const OPTIONS = { level: 0.9, explain: true };

async function modelOf({ artifact }: MadeModel): Promise<TabularModel> {
  const blobs = new MemoryBlobStore();
  const digest = await saveArtifact(blobs, artifact, undefined);
  return new TabularModel(await loadArtifact(blobs, digest), { version: 3, artifact: digest });
}

const valueOf = (answer: PredictionAnswer): number => Number(answer.result?.value);

describe.each([[BUNDLED], [FIXTURE]])('the tabular model $id', (options) => {
  let made: MadeModel;
  let model: TabularModel;
  beforeAll(async () => {
    made = await makeModel(options);
    model = await modelOf(made);
  });

  it('answers each row, in order and in the form of the contract, with the bits of the batch', async () => {
    const { features, pipeline } = model.manifest;
    const batch = await model.predict(tableFromRows(features, made.rows, requiredByPipeline(pipeline)));
    const answers = await model.answer(made.rows, OPTIONS);
    expect(answers.map(valueOf)).toEqual([...batch]);
    for (const answer of answers) predictionAnswer.parse(answer);
    expect(new Set(answers.map(({ outcome, result }) => `${outcome} ${result?.unit}`))).toEqual(new Set([`answered ${model.manifest.target.unit}`]));
  });

  it('answers a row alone with the bits that it has among many', async () => {
    const answers = await model.answer(made.rows, OPTIONS);
    for (let row = 0; row < made.rows.length; row += 7) expect(await model.answer([made.rows[row]], OPTIONS)).toEqual([answers[row]]);
  });

  it('gives contributions that add up to the prediction, over the mean of the training predictions', async () => {
    const answers = await model.answer(made.rows, OPTIONS);
    const mean = answers.reduce((sum, answer) => sum + valueOf(answer), 0) / answers.length;
    for (const answer of answers) {
      const { base, contributions = [], space } = answer.explanation ?? {};
      expect(space).toBe('output');
      expect(contributions.map(({ feature }) => feature)).toEqual(model.manifest.features.map(({ name }) => name));
      expect(contributions.reduce((sum, { value }) => sum + value, Number(base))).toBeCloseTo(valueOf(answer), 8);
      expect(base).toBeCloseTo(mean, 8);
    }
  });

  it('explains when it is asked to and not otherwise', async () => {
    const [answer] = await model.answer(made.rows.slice(0, 1), { ...OPTIONS, explain: false });
    expect(answer).not.toHaveProperty('explanation');
  });

  it('gives intervals that hold the prediction and grow with the level', async () => {
    const rows = made.rows.slice(0, 50);
    const widths = await Promise.all(
      [0.55, 0.8, 0.9, 0.95].map(async (level) => {
        const answers = await model.answer(rows, { ...OPTIONS, level });
        return answers.map((answer) => {
          const { lower, upper, level: given } = answer.uncertainty?.interval ?? {};
          expect(given).toBe(level);
          expect(Number(lower)).toBeLessThan(valueOf(answer));
          expect(Number(upper)).toBeGreaterThan(valueOf(answer));
          return Number(upper) - Number(lower);
        });
      }),
    );
    for (let at = 1; at < widths.length; at++) widths[at].forEach((width, row) => expect(width).toBeGreaterThanOrEqual(widths[at - 1][row]));
    expect(widths[3][0]).toBeGreaterThan(widths[0][0]);
  });

  it('gives no bound at a level that so few rows cannot give', async () => {
    const [answer] = await model.answer(made.rows.slice(0, 1), { ...OPTIONS, level: 0.9999 });
    expect(answer.uncertainty?.interval).toEqual({ level: 0.9999, lower: null, upper: null });
  });

  it('lets others have a turn between the slices of a long request', async () => {
    const rows = Array.from({ length: 5_000 }, (_, row) => made.rows[row % made.rows.length]);
    let turns = 0;
    let isOver = false;
    const count = (): void => void (turns += 1, isOver || setImmediate(count));
    setImmediate(count);
    const answers = await model.answer(rows, OPTIONS);
    isOver = true;
    expect(turns).toBeGreaterThan(10);
    expect(answers).toHaveLength(5_000);
    expect(answers.slice(0, made.rows.length)).toEqual(await model.answer(made.rows, OPTIONS));
  });
});

describe('a row that cannot be read', () => {
  const CANARY = 31_415.926;
  let model: TabularModel;
  let good: FeatureRow;
  beforeAll(async () => {
    const made = await makeModel(FIXTURE);
    model = await modelOf(made);
    [good] = made.rows;
  });

  it.each<[string, FeatureRow, string]>([
    ['an unknown field', { weight: CANARY }, 'weight'],
    ['a missing field', { age: null }, 'age'],
    ['a value out of range', { age: CANARY }, 'age'],
    ['a fraction where whole numbers are asked for', { age: 50.5 }, 'age'],
    ['a text for a number', { crp: `${CANARY}` }, 'crp'],
    ['an unknown level', { ward: `${CANARY}` }, 'ward'],
    ['a number for a level', { ward: CANARY }, 'ward'],
    ['a name of Object', { constructor: CANARY } as unknown as FeatureRow, 'constructor'],
  ])('refuses the request for %s, names row and field and never the value', async (_, change, field) => {
    const fault = await model.answer([good, { ...good, ...change }, good], OPTIONS).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(Fault);
    const { code, message, details } = fault as Fault;
    expect(code).toBe('INVALID_REQUEST');
    expect(message).toContain(`row 1, field ${field}`);
    expect(details).toMatchObject({ issues: [{ row: 1, field }], issueCount: 1 });
    expect(JSON.stringify([message, details])).not.toContain('31415');
  });

  it('is not one that leaves out what the pipeline fills in', async () => {
    const [whole, sparse] = await model.answer([{ ...good, crp: null, ward: null }, { age: good.age }], OPTIONS);
    expect(sparse).toEqual(whole);
  });
});

it('a model without calibration answers without an interval', async () => {
  const made = await makeModel({ ...BUNDLED, isCalibrated: false });
  const [answer] = await (await modelOf(made)).answer(made.rows.slice(0, 1), OPTIONS);
  expect(answer).toMatchObject({ outcome: 'answered', uncertainty: null });
});

it.each([
  ['cut short', (weights: Uint8Array) => weights.slice(0, -8)],
  ['empty', () => new Uint8Array(0)],
])('weights that are %s are refused', async (_, change) => {
  const { artifact } = await makeModel(BUNDLED);
  const broken = { ...artifact, weights: change(artifact.weights) };
  expect(() => new TabularModel(broken, { version: 1, artifact: '' })).toThrow(expect.objectContaining({ code: 'INTEGRITY' }));
});
