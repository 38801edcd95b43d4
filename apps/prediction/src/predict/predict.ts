import { Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '@salus/contracts';
import type { predict } from '@salus/contracts/prediction/predict';
import type { RequestContext } from '@salus/messaging';
import { ModelHost } from '@salus/serving';

/** Answers every row with the version that is promoted when the request begins. */
@Injectable()
export class Predict {
  constructor(private readonly models: ModelHost) {}

  async run(request: RequestOf<typeof predict>, context: RequestContext): Promise<ReplyOf<typeof predict>> {
    const model = this.models.get(context.model);
    const answers = await model.answer(request.rows, { level: request.level ?? model.manifest.level, explain: request.explain });
    return { model: model.id, version: model.version, answers };
  }
}
