import { Controller } from '@nestjs/common';
import type { JobView, Promotion, ReplyOf, RequestOf } from '@salus/contracts';
import { listVersions } from '@salus/contracts/training/list-versions';
import { promoteVersion } from '@salus/contracts/training/promote-version';
import { rollbackModel } from '@salus/contracts/training/rollback-model';
import { startTraining } from '@salus/contracts/training/start-training';
import { Operation, type RequestContext } from '@salus/messaging';
import { ChangePromotion } from './promotion/change-promotion';
import { StartTraining } from './train-model/start-training';
import { VersionStore } from './versions/version.store';

/** Where a request enters the service: one line per operation. */
@Controller()
export class TrainingController {
  constructor(
    private readonly start: StartTraining,
    private readonly versions: VersionStore,
    private readonly promotion: ChangePromotion,
  ) {}

  @Operation(startTraining) startTraining(request: RequestOf<typeof startTraining>, context: RequestContext): Promise<JobView> {
    return this.start.run(request, context);
  }

  @Operation(listVersions) async listVersions({ model, limit }: RequestOf<typeof listVersions>): Promise<ReplyOf<typeof listVersions>> {
    return { versions: await this.versions.list(model, limit) };
  }

  @Operation(promoteVersion) promoteVersion({ model, version }: RequestOf<typeof promoteVersion>, context: RequestContext): Promise<Promotion> {
    return this.promotion.promote(model, version, context);
  }

  @Operation(rollbackModel) rollbackModel({ model }: RequestOf<typeof rollbackModel>, context: RequestContext): Promise<Promotion> {
    return this.promotion.rollback(model, context);
  }
}
