import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap, type Provider } from '@nestjs/common';
import { LOG } from '@salus/messaging';
import type { Log } from '@salus/observability';
import { UploadStore } from './upload.store';

const HOUR_MS = 3_600_000;

/** Forgets uploads that nobody finished, once an hour. */
@Injectable()
export class UploadSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer?: NodeJS.Timeout;
  private days = 7;

  constructor(
    private readonly uploads: UploadStore,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** @param days how long an upload may stay open */
  static keeping(days: number): Provider {
    const make = (uploads: UploadStore, log: Log): UploadSweeper => Object.assign(new UploadSweeper(uploads, log), { days });
    return { provide: UploadSweeper, useFactory: make, inject: [UploadStore, LOG] };
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.sweep(), HOUR_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  async sweep(): Promise<void> {
    try {
      const count = await this.uploads.removeOpenedBefore(new Date(Date.now() - this.days * 24 * HOUR_MS));
      if (count > 0) this.log.info('uploads that nobody finished were forgotten', { count });
    } catch (error) {
      this.log.warn('uploads could not be swept; trying again in an hour', { error });
    }
  }
}
