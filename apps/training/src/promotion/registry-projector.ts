/**
 * Keeps the key-value bucket `registry` equal to the aliases in PostgreSQL: at once after a change, at start, and every
 * few seconds, because the bucket may have been wiped and any instance may be the only one left.
 */
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { LOG } from '@salus/messaging';
import type { Log } from '@salus/observability';
import { PromotionProjection } from '@salus/registry';
import { PromotionStore } from './promotion.store';

/** Time between two projections, in milliseconds. */
const EVERY_MS = 3_000;

@Injectable()
export class RegistryProjector implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer?: NodeJS.Timeout;
  private round: Promise<void> = Promise.resolve();
  private isQueued = false;
  private isAway = false;

  constructor(
    private readonly promotions: PromotionStore,
    private readonly projection: PromotionProjection,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.projectNow(), EVERY_MS);
    void this.projectNow();
  }

  /** Before the database closes. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  /**
   * Projects everything that is promoted when its turn comes; rounds never overlap, so that none brings back what an earlier
   * one read. It never fails: the truth is in PostgreSQL, and the next round makes good what this one could not do.
   */
  projectNow(): Promise<void> {
    if (!this.isQueued) {
      this.isQueued = true;
      this.round = this.round.then(() => {
        this.isQueued = false;
        return this.project();
      });
    }
    return this.round;
  }

  private async project(): Promise<void> {
    try {
      const { promotions, newest } = await this.promotions.all();
      await this.projection.project(promotions, newest);
      this.isAway = false;
    } catch (error) {
      // One line per outage is enough.
      if (!this.isAway) this.log.warn('the registry cannot be projected now; trying again every few seconds', { error });
      this.isAway = true;
    }
  }
}
