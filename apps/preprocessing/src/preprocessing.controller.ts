import { Controller } from '@nestjs/common';
import type { JobView, ReplyOf, RequestOf } from '@salus/contracts';
import { listPrepared } from '@salus/contracts/preprocessing/list-prepared';
import { startPreparation } from '@salus/contracts/preprocessing/start-preparation';
import { Operation, type RequestContext } from '@salus/messaging';
import { StartPreparation } from './prepare-dataset/start-preparation';
import { ListPrepared } from './prepared/list-prepared';

/** Where a request enters the service: one line per operation. */
@Controller()
export class PreprocessingController {
  constructor(
    private readonly start: StartPreparation,
    private readonly list: ListPrepared,
  ) {}

  @Operation(startPreparation) startPreparation(request: RequestOf<typeof startPreparation>, context: RequestContext): Promise<JobView> {
    return this.start.run(request, context);
  }

  @Operation(listPrepared) listPrepared(request: RequestOf<typeof listPrepared>): Promise<ReplyOf<typeof listPrepared>> {
    return this.list.run(request);
  }
}
