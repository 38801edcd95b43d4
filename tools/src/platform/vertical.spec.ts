import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { followJob, resultOf, trainModel } from '@salus/cli/client';
import type { DataReport, JobView, ModelManifest, PreparedDescriptor, VersionView } from '@salus/contracts';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import type { FeatureRow } from '@salus/contracts/prediction/predict';
import { startPreparation } from '@salus/contracts/preprocessing/start-preparation';
import { listVersions } from '@salus/contracts/training/list-versions';
import { promoteVersion } from '@salus/contracts/training/promote-version';
import { rollbackModel } from '@salus/contracts/training/rollback-model';
import { trainModel as trainModelJob } from '@salus/contracts/training/train-model';
import { columnOf, tableOf } from '@salus/features';
import type { Client } from '@salus/messaging';
import { loadArtifact } from '@salus/registry';
import { TabularModel } from '@salus/serving';
import { Facts } from './facts.conformance';
import { report } from './figures.conformance';
import { build, buildOn, ingest, modelFile, predictOnce, promote, type Built } from './flows.conformance';
import { Platform } from './platform.conformance';
import { byForm, isLongForm } from './verify-mode.conformance';

const MODEL = 'blood-pressure';
const FIXTURE = 'recovery-time';
const TIMEOUT_MS = 120_000;
/** Least squares on the training rows of the index split, known from two other implementations. */
const GOLDEN = { intercept: 40.27360443, age: 0.22054957, sex: 5.73920696, s1: 0.0363003400, s6: 0.3107522956, mse: 118.707515, r2: 0.135367 };

describe('the vertical, from file to answer', () => {
  let platform: Platform;
  let client: Client;
  let facts: Facts;
  let first: Built;
  let fixture: Built;

  beforeAll(async () => {
    platform = await Platform.start();
    client = await platform.connect();
    facts = await Facts.open(platform.databaseUrl);
    const path = modelFile(platform, FIXTURE, manifestOf(FIXTURE).data?.file ?? '');
    [first, fixture] = await Promise.all([build(client, bloodPressure()), build(client, { model: FIXTURE, path })]);
    await Promise.all([promote(client, { model: MODEL, version: first.version }), promote(client, { model: FIXTURE, version: fixture.version })]);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await facts?.close();
    await platform?.stop();
  }, TIMEOUT_MS);

  const bloodPressure = () => ({ model: MODEL, path: modelFile(platform, MODEL, 'data/diabetes.csv') });
  const manifestOf = (model: string): ModelManifest => JSON.parse(readFileSync(modelFile(platform, model, 'model.json'), 'utf8')) as ModelManifest;
  const versionOf = async (version: number, model = MODEL): Promise<VersionView> => {
    const { versions } = await client.request(listVersions, { model });
    return versions.find((entry) => entry.version === version) as VersionView;
  };

  it('finds the golden coefficients and metrics', async () => {
    const { coefficients, metrics, rows } = await versionOf(first.version);
    const found = Object.fromEntries([...(coefficients ?? []), ...metrics].map(({ name, value }) => [name, value]));
    const expected = Object.entries(GOLDEN).map(([name, value]) => [name, expect.closeTo(value, 6)] as const);
    expect(found).toMatchObject(Object.fromEntries(expected));
    expect(rows).toEqual({ train: 354, test: 88 });
    report('vertical: blood-pressure', { ...rows, ...Object.fromEntries(Object.keys(GOLDEN).map((name) => [name, found[name]])) });
  });

  it('answers the golden requests of the model folder', async () => {
    const golden = JSON.parse(readFileSync(modelFile(platform, MODEL, 'examples.json'), 'utf8')) as Golden[];
    for (const { request, expect: wanted } of golden) {
      const { answers } = await client.request(predictOnce, request, { model: MODEL });
      expect(answers).toHaveLength(wanted.predictions.length);
      answers.forEach(({ result }, at) => expect(Math.abs((result?.value ?? NaN) - wanted.predictions[at])).toBeLessThanOrEqual(wanted.tolerance));
    }
    expect(golden.length).toBeGreaterThan(0);
  });

  it('gives contributions that add up to the prediction, and an interval around it that grows with its level', async () => {
    const rows = csvRows(bloodPressure().path, ['age', 'sex', 's1', 's6']);
    const [wide, narrow] = await Promise.all([0.95, 0.6].map((level) => client.request(predictOnce, { rows, level, explain: true }, { model: MODEL })));
    expect(wide.answers).toHaveLength(442);
    wide.answers.forEach(({ result, uncertainty, explanation }, at) => {
      const sum = explanation?.contributions.reduce((total, { value }) => total + value, explanation.base);
      expect(Math.abs((sum ?? NaN) - (result?.value ?? NaN))).toBeLessThan(1e-9);
      const [outer, inner] = [uncertainty?.interval, narrow.answers[at].uncertainty?.interval];
      expect(outer?.level).toBe(0.95);
      expect(outer?.lower).toBeLessThan(inner?.lower as number);
      expect(outer?.upper).toBeGreaterThan(inner?.upper as number);
    });
  });

  it('knows the same file and the same training again', async () => {
    const again = resultOf(ingestDataset, await ingest(client, bloodPressure()));
    expect(again).toMatchObject({ dataset: first.dataset, rows: 442, existed: true });
    const preparing = await client.request(startPreparation, { model: MODEL, dataset: first.dataset });
    const prepared = await followJob(client, { service: 'preprocessing', id: preparing.id });
    expect(prepared).toMatchObject({ state: 'succeeded', result: { prepared: first.prepared, existed: true } });
    const { job } = await trainModel(client, { model: MODEL, dataset: first.dataset });
    expect(resultOf(trainModelJob, job)).toMatchObject({ version: first.version, artifact: first.artifact, existed: true });
    expect(await facts.versions()).toEqual([MODEL, FIXTURE].map((model) => ({ model, version: 1, artifact: (model === MODEL ? first : fixture).artifact })));
    expect(await facts.count('ingestion.dataset')).toBe(2);
  }, TIMEOUT_MS);

  describe('a model with missing values and a category, split by patient', () => {
    it('serves every row of its file with the bits of the batch', async () => {
      const { features, data } = manifestOf(FIXTURE);
      const descriptor = await facts.json<PreparedDescriptor>(fixture.prepared);
      const table = await facts.table(descriptor.data.digest, [{ name: 'row', type: 'number' }, ...features]);
      const batch = new TabularModel(await loadArtifact(facts.blobs, fixture.artifact), fixture);
      const predicted = await batch.predict(tableOf(features.map(({ name }) => [name, columnOf(table, name)] as const)));
      const texts = new Set(features.filter(({ type }) => type === 'category').map(({ name }) => name));
      const rows = csvRows(modelFile(platform, FIXTURE, data?.file ?? ''), features.map(({ name }) => name), texts);
      const rowNumbers = columnOf(table, 'row') as { readonly values: Float64Array };
      const [one, many] = [await served(FIXTURE, rows.slice(0, 100), 1), await served(FIXTURE, rows, 5_000)];
      expect(many).toHaveLength(rows.length);
      expect(Array.from(rowNumbers.values, (row) => many[row])).toEqual([...predicted]);
      expect(one).toEqual(many.slice(0, one.length));
      const missing = rows.filter((row) => Object.values(row).includes(null)).length;
      expect(missing).toBeGreaterThan(0);
      report(`vertical: ${FIXTURE}`, { rows: rows.length, 'rows with a missing value': missing, 'served and batch bit-equal': predicted.length });
    });

    it('keeps the rows of a patient on one side of the split', async () => {
      const { patient = '' } = manifestOf(FIXTURE);
      const descriptor = await facts.json<PreparedDescriptor>(fixture.prepared);
      const table = await facts.table(descriptor.data.digest, [{ name: 'split', type: 'number' }, { name: patient, type: 'text' }]);
      const split = columnOf(table, 'split') as { readonly values: Float64Array };
      const patients = columnOf(table, patient) as { readonly codes: Int32Array };
      const sides = new Map<number, Set<number>>();
      patients.codes.forEach((code, row) => sides.set(code, (sides.get(code) ?? new Set()).add(split.values[row])));
      expect([...sides.values()].filter((seen) => seen.size !== 1)).toEqual([]);
      expect(new Set(split.values)).toEqual(new Set([0, 1]));
      expect(sides.size).toBeLessThan(split.values.length);
    });
  });

  /** The values that are served for rows, asked `batch` rows at a time. */
  async function served(model: string, rows: readonly FeatureRow[], batch: number): Promise<number[]> {
    const values: number[] = [];
    for (let from = 0; from < rows.length; from += batch) {
      const { answers } = await client.request(predictOnce, { rows: rows.slice(from, from + batch) }, { model });
      values.push(...answers.map(({ result }) => result?.value as number));
    }
    return values;
  }

  it('swaps versions at promote and rollback without dropping or failing a request of eight clients', async () => {
    const manifest = JSON.parse(readFileSync(modelFile(platform, MODEL, 'model.json'), 'utf8')) as { seed: number };
    writeFileSync(modelFile(platform, MODEL, 'model.json'), JSON.stringify({ ...manifest, seed: manifest.seed + 1 }));
    const second = await buildOn(client, { model: MODEL, dataset: first.dataset });
    expect(second.version).toBe(first.version + 1);
    const load = await startLoad(platform, MODEL);
    const swaps: number[] = [];
    for (let at = 0; at < byForm(4, 12); at += 1) {
      const isPromotion = at % 2 === 0;
      await (isPromotion ? client.request(promoteVersion, { model: MODEL, version: second.version }) : client.request(rollbackModel, { model: MODEL }));
      swaps.push(await load.until((isPromotion ? second : first).version));
    }
    const { counts, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(Object.keys(counts).sort()).toEqual([first.version, second.version].map(String));
    const slowest = Math.max(...swaps);
    report('vertical: eight clients during promote and rollback', {
      swaps: swaps.length, 'slowest swap (ms)': Math.round(slowest), failed: failures.length,
      ...Object.fromEntries(Object.entries(counts).map(([version, count]) => [`answered by version ${version}`, count])),
    });
    // The figure that was promised; the short form runs beside other suites and only prints it.
    if (isLongForm) expect(slowest).toBeLessThan(1_000);
  }, TIMEOUT_MS);

  describe('a bad file', () => {
    it.each([
      { what: 'of a wrong type', change: (lines: string[]) => replaceCell(lines, { row: 3, column: 's6', cell: 'high' }), issue: { kind: 'wrong-type', row: 3, column: 's6' } },
      { what: 'with a value out of range', change: (lines: string[]) => replaceCell(lines, { row: 7, column: 'age', cell: '1000' }), issue: { kind: 'out-of-range', row: 7, column: 'age' } },
      { what: 'without a column', change: (lines: string[]) => dropColumn(lines, 's1'), issue: { kind: 'missing', row: 0, column: 's1' } },
    ])('$what fails with a report that names row and column, and leaves nothing', async ({ change, issue }) => {
      const path = join(platform.folder, `${issue.kind}.csv`);
      writeFileSync(path, change(readFileSync(bloodPressure().path, 'utf8').trim().split('\n')).join('\n'));
      const tables = ['ingestion.dataset', 'platform.blob', 'platform.blob_ref', 'platform.blob_chunk'];
      const before = await Promise.all(tables.map((table) => facts.count(table)));
      const job: JobView = await ingest(client, { model: MODEL, path });
      expect(job).toMatchObject({ state: 'failed', failure: { code: 'INVALID_DATA' }, result: null });
      const { issues, issueCount } = (job.failure?.details as { report: DataReport }).report;
      expect(issues[0]).toMatchObject(issue);
      expect(issueCount).toMatchObject({ [issue.kind]: 1 });
      expect(await Promise.all(tables.map((table) => facts.count(table)))).toEqual(before);
    }, TIMEOUT_MS);
  });
});

interface Golden {
  readonly request: { readonly rows: FeatureRow[] };
  readonly expect: { readonly predictions: number[]; readonly tolerance: number };
}

/** Rows of a CSV file without quotes; an empty cell is null. */
function csvRows(path: string, columns: readonly string[], texts: ReadonlySet<string> = new Set()): FeatureRow[] {
  const [header, ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/).map((line) => line.split(','));
  const positions = columns.map((name) => [name, header.indexOf(name)] as const);
  return lines.map((cells) => Object.fromEntries(positions.map(([name, at]) => [name, cells[at] === '' ? null : texts.has(name) ? cells[at] : Number(cells[at])])));
}

/** @param place row 1 is the first row of data */
function replaceCell(lines: string[], place: { readonly row: number; readonly column: string; readonly cell: string }): string[] {
  const at = lines[0].split(',').indexOf(place.column);
  return lines.map((line, row) => (row === place.row ? line.split(',').with(at, place.cell).join(',') : line));
}

function dropColumn(lines: string[], column: string): string[] {
  const at = lines[0].split(',').indexOf(column);
  return lines.map((line) => line.split(',').toSpliced(at, 1).join(','));
}

interface Load {
  /** Resolves with the milliseconds until every client was answered by this version; every one has then been answered by it ten times. */
  until(version: number): Promise<number>;
  stop(): Promise<{ readonly counts: Readonly<Record<string, number>>; readonly failures: readonly unknown[] }>;
}

/** Eight connections that ask without a pause. */
async function startLoad(platform: Platform, model: string): Promise<Load> {
  const clients = await Promise.all(Array.from({ length: 8 }, () => platform.connect()));
  const counts: Record<string, number> = {};
  const failures: unknown[] = [];
  const inARow = new Map(clients.map((client) => [client, { version: 0, times: 0 }]));
  let isOver = false;
  let changed: () => void = () => undefined;
  const lane = async (client: Client): Promise<void> => {
    while (!isOver) {
      try {
        const { version } = await client.request(predictOnce, { rows: [{ age: 59, sex: 2, s1: 157, s6: 87 }] }, { model });
        counts[version] = (counts[version] ?? 0) + 1;
        const before = inARow.get(client);
        inARow.set(client, { version, times: before?.version === version ? before.times + 1 : 1 });
      } catch (error) {
        failures.push(error);
      }
      changed();
    }
  };
  const lanes = clients.map(lane);
  return {
    until: (version) => {
      const began = performance.now();
      let swappedMs: number | undefined;
      const answered = (times: number) => [...inARow.values()].every((latest) => latest.version === version && latest.times >= times);
      return new Promise((resolve) => {
        changed = () => {
          if (answered(1)) swappedMs ??= performance.now() - began;
          if (swappedMs !== undefined && answered(10)) resolve(swappedMs);
        };
      });
    },
    stop: async () => {
      isOver = true;
      await Promise.all(lanes);
      return { counts, failures };
    },
  };
}
