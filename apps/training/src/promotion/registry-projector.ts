/**
 * Keeps the key-value bucket `registry` equal to the aliases in PostgreSQL: at once after a change, at start, and every
 * few seconds, because the bucket may have been wiped and any instance may be the only one left.
 */
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOG } from '@salus/messaging';
import type { Log } from '@salus/observability';
import { PromotionProjection } from '@salus/registry';
import { PromotionStore } from './promotion.store';

/** Time between two projections, in milliseconds. */
const EVERY_MS = 3_000;

@Injectable()
export class RegistryProjector implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly promotions: PromotionStore,
    private readonly projection: PromotionProjection,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.projectNow(), EVERY_MS);
    void this.projectNow();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Projects every alias. A failure is logged and made good by the next round: the truth is in PostgreSQL. */
  async projectNow(): Promise<void> {
    try {
      await this.projection.project(await this.promotions.all());
    } catch (error) {
      this.log.warn('the registry could not be projected; trying again', { error });
    }
  }
}
