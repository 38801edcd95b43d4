/**
 * Keeps the model host equal to the registry for as long as the app runs. Requests reach the app only after the first read,
 * so that an instance that joins the queue group of others does not answer UNKNOWN_MODEL for a model that it is about to
 * load. When the registry stays away it serves all the same: what is unknown then is told with a typed error.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Promotion } from '@salus/contracts';
import type { Log } from '@salus/observability';
import { PromotionFollower, type PromotionSource } from '@salus/registry';
import type { ModelHost } from './model-host';

/** Longest time that the start waits for the first read, in milliseconds. */
const FIRST_READ_MS = 10_000;

/** Follows a source of promotions from the start of the app to its end. */
export class RegistryFollower implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly follower: PromotionFollower;

  constructor(
    source: PromotionSource,
    private readonly host: ModelHost,
    private readonly log: Log,
  ) {
    this.follower = new PromotionFollower(source, {
      apply: (promotion) => this.apply(promotion),
      onTrouble: (error, promotion) =>
        log.warn('the registry cannot be followed now; what answers goes on answering', { error, model: promotion?.model, version: promotion?.version }),
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    this.follower.start();
    await Promise.race([this.follower.caughtUp(), sleep(FIRST_READ_MS, undefined, { ref: false })]);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.follower.close();
  }

  private async apply(promotion: Promotion): Promise<void> {
    const hasChanged = await this.host.apply(promotion);
    if (hasChanged) this.log.info('a model version answers', { model: promotion.model, version: promotion.version, revision: promotion.revision });
  }
}
