import { Controller } from '@nestjs/common';
import type { JobView, ReplyOf, RequestOf } from '@salus/contracts';
import { beginUpload } from '@salus/contracts/ingestion/begin-upload';
import { describeDataset } from '@salus/contracts/ingestion/describe-dataset';
import { finishUpload } from '@salus/contracts/ingestion/finish-upload';
import { listDatasets } from '@salus/contracts/ingestion/list-datasets';
import { putChunk } from '@salus/contracts/ingestion/put-chunk';
import { Operation, type RequestContext } from '@salus/messaging';
import { DatasetStore } from './dataset/dataset.store';
import { DescribeDataset } from './dataset/describe-dataset';
import { BeginUpload } from './upload/begin-upload';
import { FinishUpload } from './upload/finish-upload';
import { UploadStore } from './upload/upload.store';

/** Where a request enters the service: one line per operation. */
@Controller()
export class IngestionController {
  constructor(
    private readonly begin: BeginUpload,
    private readonly finish: FinishUpload,
    private readonly describe: DescribeDataset,
    private readonly uploads: UploadStore,
    private readonly datasets: DatasetStore,
  ) {}

  @Operation(beginUpload) beginUpload(request: RequestOf<typeof beginUpload>, context: RequestContext): Promise<ReplyOf<typeof beginUpload>> {
    return this.begin.run(request, context);
  }

  @Operation(putChunk) async putChunk({ uploadId, index, data }: RequestOf<typeof putChunk>): Promise<ReplyOf<typeof putChunk>> {
    await this.uploads.putChunk(uploadId, index, data);
    return { uploadId, index };
  }

  @Operation(finishUpload) finishUpload(request: RequestOf<typeof finishUpload>, context: RequestContext): Promise<JobView> {
    return this.finish.run(request, context);
  }

  @Operation(listDatasets) async listDatasets({ model, limit }: RequestOf<typeof listDatasets>): Promise<ReplyOf<typeof listDatasets>> {
    return { datasets: await this.datasets.list(model, limit) };
  }

  @Operation(describeDataset) describeDataset(request: RequestOf<typeof describeDataset>): Promise<ReplyOf<typeof describeDataset>> {
    return this.describe.run(request);
  }
}
