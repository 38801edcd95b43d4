import { modelId } from '@salus/contracts';
import { describeDataset } from '@salus/contracts/ingestion/describe-dataset';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { z } from 'zod';
import { followJob, resultOf } from '../client/jobs';
import { uploadFile } from '../client/upload-file';
import { defineCommand } from '../command-line/command';
import { dataReportLines } from '../terminal/data-report';
import { shortDigest } from '../terminal/quantity';

export const datasetsAdd = defineCommand({
  name: 'datasets add',
  usage: '<file>',
  summary: 'Send a CSV file, have it checked against a model and stored as a dataset version.',
  options: [{ flags: '--model <id>', about: 'the model whose manifest it must fit', isNeeded: true }],
  input: z.strictObject({ file: z.string().min(1), model: modelId }),
  run: async ({ file, model }, { connect, progress, onChange, onWait, signal }) => {
    const client = await connect();
    const sent = await uploadFile(client, { path: file, model, signal, onWait, onProgress: (moment) => progress.show(`upload ${file}`, moment) });
    const job = await followJob(client, { service: sent.service, id: sent.id, onChange, onWait, signal });
    const result = resultOf(ingestDataset, job);
    const { descriptor } = await client.request(describeDataset, { dataset: result.dataset });
    return { ...result, model, job: job.id, report: descriptor.report };
  },
  print: ({ dataset, existed, model, report }, style) => [
    `${style.green(existed ? 'the same dataset was there already' : 'dataset stored')}: ${style.bold(shortDigest(dataset))} (${dataset})`,
    ...dataReportLines(report),
    '',
    `next: ${style.command(`train ${model} --dataset ${shortDigest(dataset)} --watch`)}`,
  ],
});
