/** The bundled data of a model, prepared as preprocessing prepares them, for the suites of this service. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelManifest, PreparedDescriptor } from '@salus/contracts';
import { splitRows } from '@salus/evaluation';
import { fitPipeline, tableFromRows, tableOf, takeRows, type Column, type Row, type Table } from '@salus/features';
import { ModelsFolder, digestOf, type RegisteredModel } from '@salus/registry';
import type { TrainingRequest } from './train';

const ROOT = join(__dirname, '../../../..');
const BUNDLED = join(ROOT, 'models');
const FIXTURES = join(ROOT, 'libs/registry/fixtures/models');

/** A model with all its rows, the split and the pipeline. */
export interface PreparedRows {
  readonly model: RegisteredModel;
  /** `split`, features, target and, when there is one, the patient. */
  readonly table: Table;
  readonly request: TrainingRequest;
}

/** @param change of the manifest, such as another seed */
export async function preparedRows(id: string, change: Partial<ModelManifest> = {}): Promise<PreparedRows> {
  const model = await new ModelsFolder(id === 'recovery-time' ? FIXTURES : BUNDLED).read(id);
  const manifest = { ...model.manifest, ...change };
  const { features, target, patients } = readRows(manifest, join(model.folder, manifest.data?.file ?? ''));
  const split = splitRows(manifest.split, features.rowCount, { seed: manifest.seed, patients: patients?.codes });
  const pipeline = fitPipeline(manifest.pipeline, takeRows(features, split.train));
  const side = Float64Array.from({ length: features.rowCount }, () => 0);
  for (const row of split.test) side[row] = 1;
  const table = tableOf([
    ['split', { kind: 'number', values: side }],
    ...Object.entries(features.columns),
    [manifest.target.name, { kind: 'number', values: target }],
    ...(patients ? [[manifest.patient ?? '', patients] as const] : []),
  ]);
  const descriptor: PreparedDescriptor = {
    schema: 'salus.prepared/1', model: id, manifest: model.manifestDigest, dataset: digestOf(Buffer.from('dataset')), data: { digest: digestOf(Buffer.from('data')), bytes: 4 },
    rows: { train: split.train.length, test: split.test.length, dropped: 0 }, seed: manifest.seed, pipeline,
  };
  const [train, test] = [takeRows(table, split.train), takeRows(table, split.test)];
  const trainPatients = patients && Int32Array.from(split.train, (row) => patients.codes[row]);
  return { model, table, request: { manifest, prepared: digestOf(Buffer.from('prepared')), descriptor, train, test, patients: trainPatients, code: '0.1.0' } };
}

function readRows(manifest: ModelManifest, path: string) {
  const [header, ...lines] = readFileSync(path, 'utf8').trim().split('\n').map((line) => line.split(','));
  const cell = (line: readonly string[], name: string): string => line[header.indexOf(name)];
  const rows = lines.map((line): Row =>
    Object.fromEntries(manifest.features.map(({ name, type }) => [name, cell(line, name) === '' ? null : type === 'number' ? Number(cell(line, name)) : cell(line, name)])),
  );
  const target = Float64Array.from(lines, (line) => Number(cell(line, manifest.target.name)));
  return { features: tableFromRows(manifest.features, rows), target, patients: patientsOf(lines.map((line) => cell(line, manifest.patient ?? ''))) };
}

function patientsOf(names: readonly (string | undefined)[]): Extract<Column, { kind: 'category' }> | undefined {
  const levels = [...new Set(names)];
  if (levels[0] === undefined) return undefined;
  return { kind: 'category', codes: Int32Array.from(names, (name) => levels.indexOf(name)), levels: levels as string[] };
}
