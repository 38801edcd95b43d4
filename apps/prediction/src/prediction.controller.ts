import { Controller } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '@salus/contracts';
import { describeModel } from '@salus/contracts/prediction/describe-model';
import { listModels } from '@salus/contracts/prediction/list-models';
import { predict } from '@salus/contracts/prediction/predict';
import { Operation, type RequestContext } from '@salus/messaging';
import { ModelHost } from '@salus/serving';
import { DescribeModel } from './describe-model/describe-model';
import { Predict } from './predict/predict';

/** Where a request enters the service: one line per operation. */
@Controller()
export class PredictionController {
  constructor(
    private readonly predictions: Predict,
    private readonly descriptions: DescribeModel,
    private readonly models: ModelHost,
  ) {}

  @Operation(predict) predict(request: RequestOf<typeof predict>, context: RequestContext): Promise<ReplyOf<typeof predict>> {
    return this.predictions.run(request, context);
  }

  @Operation(describeModel) describeModel(request: RequestOf<typeof describeModel>): ReplyOf<typeof describeModel> {
    return this.descriptions.run(request);
  }

  @Operation(listModels) listModels(): ReplyOf<typeof listModels> {
    return { models: this.models.list().map(({ id, version, manifest }) => ({ model: id, version, title: manifest.title, task: manifest.task })) };
  }
}
