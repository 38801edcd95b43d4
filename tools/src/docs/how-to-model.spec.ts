/** The examples of docs/how-to-add-a-model.md are taken from the page and used, so that whoever copies them has a model that fits. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { featureSchema, manifestSchema, pipelineStepSchema } from '@salus/contracts';
import { checkCsv, MIN_KEY_BYTES, openEngine } from '@salus/datasets';
import { pipelineProblems, requiredByPipeline, tableFromRows, type Row } from '@salus/features';
import { parseManifest } from '@salus/registry';

const page = readFileSync(join(__dirname, '../../../docs/how-to-add-a-model.md'), 'utf8');

function blocks(language: string): string[] {
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter(([, name]) => name === language).map(([, , text]) => text);
}

const [manifestText, examplesText] = blocks('json');
const [csv] = blocks('csv');
const manifest = manifestSchema.parse(JSON.parse(manifestText));

describe('the page on adding a model', () => {
  it('holds a manifest that fits the schema and whose pipeline fits its features', () => {
    expect(pipelineProblems(manifest.features, manifest.pipeline)).toEqual([]);
    expect(parseManifest(manifestText, 'the page')).toEqual(manifest);
  });

  it('shows a missing number, a category and a patient', () => {
    expect(manifest.features.filter(({ type, missing }) => type === 'number' && missing === 'allow')).toHaveLength(1);
    expect(manifest.features.filter(({ type }) => type === 'category')).toHaveLength(1);
    expect([manifest.patient, manifest.split.by]).toEqual(['patient', 'patient']);
  });

  it.each(['impute', 'one-hot'])('tells a rule that holds: without %s the manifest does not fit', (left) => {
    expect(pipelineProblems(manifest.features, manifest.pipeline.filter(({ step }) => step !== left))).not.toEqual([]);
  });

  it('names every key of a manifest, of a column and of a step', () => {
    const keys = [manifestSchema, ...featureSchema.options, ...pipelineStepSchema.options].flatMap((schema) => Object.keys(schema.shape));
    const steps = pipelineStepSchema.options.map(({ shape }) => shape.step.value);
    expect([...keys, ...steps].filter((name) => name !== 'step' && !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('holds a CSV that this manifest takes, with one missing value each of the number and the category', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'salus-how-to-'));
    const engine = await openEngine({ memoryLimitMb: 256, threads: 1, temporaryFolder: folder });
    try {
      const [csvPath, outputPath] = [join(folder, 'page.csv'), join(folder, 'page.parquet')];
      writeFileSync(csvPath, csv);
      const { accepted, report } = await checkCsv(engine, { csvPath, outputPath, manifest, pseudonymKey: Buffer.alloc(MIN_KEY_BYTES, 1) });
      expect([accepted, report.rows, report.issues]).toEqual([true, 4, []]);
      expect(report.columns.filter(({ missing }) => missing === 1).map(({ name }) => name)).toEqual(['crp', 'ward']);
    } finally {
      engine.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('holds golden requests with a prediction for each row, which the model of the page takes', () => {
    const golden = JSON.parse(examplesText) as { request: { rows: Row[] }; expect: { predictions: number[] } }[];
    expect(golden.length).toBeGreaterThan(0);
    for (const { request, expect: expected } of golden) {
      expect(() => tableFromRows(manifest.features, request.rows, requiredByPipeline(manifest.pipeline))).not.toThrow();
      expect(expected.predictions).toHaveLength(request.rows.length);
    }
  });
});
