import { Injectable } from '@nestjs/common';
import type { Promotion } from '@salus/contracts';
import { modelPromoted } from '@salus/contracts/training/model-promoted';
import { EventPublisher, callerName, type RequestContext } from '@salus/messaging';
import { PromotionStore } from './promotion.store';
import { RegistryProjector } from './registry-projector';

/** Promote and roll back: PostgreSQL first, then the bucket that serving apps follow, then the event. */
@Injectable()
export class ChangePromotion {
  constructor(
    private readonly promotions: PromotionStore,
    private readonly projector: RegistryProjector,
    private readonly events: EventPublisher,
  ) {}

  async promote(model: string, version: number, context: RequestContext): Promise<Promotion> {
    const { promotion, changed } = await this.promotions.promote(model, version, callerName(context.caller));
    return changed ? this.tell(promotion) : promotion;
  }

  async rollback(model: string, context: RequestContext): Promise<Promotion> {
    return this.tell(await this.promotions.rollback(model, callerName(context.caller)));
  }

  private async tell(promotion: Promotion): Promise<Promotion> {
    await this.projector.projectNow();
    this.events.publish(modelPromoted, promotion);
    return promotion;
  }
}
