import { modelId, type DatasetView } from '@salus/contracts';
import { listDatasets } from '@salus/contracts/ingestion/list-datasets';
import { z } from 'zod';
import { defineCommand } from '../command-line/command';
import { printable } from '../terminal/printable';
import { bytesText, shortDigest, timeText } from '../terminal/quantity';
import { tableLines } from '../terminal/table';

export const datasets = defineCommand({
  name: 'datasets',
  summary: 'List dataset versions, newest first.',
  options: [
    { flags: '--model <id>', about: 'only those of this model' },
    { flags: '--limit <count>', about: 'at most so many (default 20)' },
  ],
  input: z.strictObject({ model: modelId.optional(), limit: z.coerce.number().int().min(1).max(500).default(20) }),
  run: async (input, { connect }) => (await connect()).request(listDatasets, input),
  print: ({ datasets: views }, style) =>
    views.length === 0 ? [`no datasets yet; "${style.command('datasets add <file> --model <id>')}" adds one`] : datasetTable(views),
});

function datasetTable(views: readonly DatasetView[]): string[] {
  return tableLines(
    ['dataset', 'model', 'file', { heading: 'rows', align: 'right' }, { heading: 'size', align: 'right' }, 'created'],
    views.map((view) => [shortDigest(view.dataset), view.model, printable(view.fileName), String(view.rows), bytesText(view.bytes), timeText(view.createdAt)]),
  );
}
