import { Injectable } from '@nestjs/common';
import { datasetDescriptor, type ReplyOf, type RequestOf } from '@salus/contracts';
import type { describeDataset } from '@salus/contracts/ingestion/describe-dataset';
import { BlobStore } from '@salus/persistence';
import { readDescriptor } from '@salus/registry';
import { DatasetStore } from './dataset.store';

/** A dataset version with its descriptor, read from the blob that names it. */
@Injectable()
export class DescribeDataset {
  constructor(
    private readonly datasets: DatasetStore,
    private readonly blobs: BlobStore,
  ) {}

  async run({ dataset }: RequestOf<typeof describeDataset>): Promise<ReplyOf<typeof describeDataset>> {
    const view = await this.datasets.find(dataset);
    return { ...view, descriptor: await readDescriptor(this.blobs, dataset, { schema: datasetDescriptor, title: 'the descriptor of a dataset version' }) };
  }
}
