import { Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '@salus/contracts';
import type { describeModel } from '@salus/contracts/prediction/describe-model';
import { ModelHost, rowSchemaOf } from '@salus/serving';

/** What a model takes and gives, from the version that answers now. */
@Injectable()
export class DescribeModel {
  constructor(private readonly models: ModelHost) {}

  run(request: RequestOf<typeof describeModel>): ReplyOf<typeof describeModel> {
    const { id, version, artifact, manifest, descriptor } = this.models.get(request.model);
    const { title, summary, task, intendedUse, notFor, features, target, level } = manifest;
    return {
      model: id, version, artifact, title, summary, task, intendedUse, notFor, features, level,
      target: { name: target.name, title: target.title, unit: target.unit },
      metrics: descriptor.metrics,
      coefficients: descriptor.coefficients,
      rowSchema: rowSchemaOf(manifest),
      exampleRow: descriptor.exampleRow,
    };
  }
}
