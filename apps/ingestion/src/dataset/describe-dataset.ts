import { Injectable } from '@nestjs/common';
import { datasetDescriptor, type ReplyOf, type RequestOf } from '@salus/contracts';
import type { describeDataset } from '@salus/contracts/ingestion/describe-dataset';
import { BlobStore } from '@salus/persistence';
import { DatasetStore } from './dataset.store';

const DESCRIPTOR_LIMIT = 64 << 20;

/** A dataset version with its descriptor, read from the blob that names it. */
@Injectable()
export class DescribeDataset {
  constructor(
    private readonly datasets: DatasetStore,
    private readonly blobs: BlobStore,
  ) {}

  async run({ dataset }: RequestOf<typeof describeDataset>): Promise<ReplyOf<typeof describeDataset>> {
    const view = await this.datasets.find(dataset);
    const text = Buffer.from(await this.blobs.read(dataset, { maxBytes: DESCRIPTOR_LIMIT })).toString('utf8');
    return { ...view, descriptor: datasetDescriptor.parse(JSON.parse(text)) };
  }
}
