import { Controller } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '@salus/contracts';
import { describeDataset } from '@salus/contracts/ingestion/describe-dataset';
import { listDatasets } from '@salus/contracts/ingestion/list-datasets';
import { Operation } from '@salus/messaging';
import { DatasetStore } from './dataset.store';
import { DescribeDataset } from './describe-dataset';

/** Where the catalog is asked: one line per operation. */
@Controller()
export class DatasetController {
  constructor(
    private readonly describe: DescribeDataset,
    private readonly datasets: DatasetStore,
  ) {}

  @Operation(listDatasets) async listDatasets({ model, limit }: RequestOf<typeof listDatasets>): Promise<ReplyOf<typeof listDatasets>> {
    return { datasets: await this.datasets.list(model, limit) };
  }

  @Operation(describeDataset) describeDataset(request: RequestOf<typeof describeDataset>): Promise<ReplyOf<typeof describeDataset>> {
    return this.describe.run(request);
  }
}
