import { Injectable } from '@nestjs/common';
import type { Promotion } from '@salus/contracts';
import { modelPromoted } from '@salus/contracts/training/model-promoted';
import { EventPublisher, callerName, type RequestContext } from '@salus/messaging';
import { PromotionStore, type Asked, type Changed } from './promotion.store';
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
    return this.tell(await this.promotions.promote(model, version, askedBy(context)));
  }

  async rollback(model: string, context: RequestContext): Promise<Promotion> {
    return this.tell(await this.promotions.rollback(model, askedBy(context)));
  }

  private async tell({ promotion, changed }: Changed): Promise<Promotion> {
    if (!changed) return promotion;
    await this.projector.projectNow();
    this.events.publish(modelPromoted, promotion);
    return promotion;
  }
}

const askedBy = ({ caller, idempotencyKey }: RequestContext): Asked => ({ caller: callerName(caller), idempotencyKey });
