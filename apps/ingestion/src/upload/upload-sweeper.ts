import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Log } from '@salus/observability';
import type { UploadStore } from './upload.store';

const HOUR_MS = 3_600_000;

/** Forgets what is left of uploads that became no dataset: at start and once an hour. */
export class UploadSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer?: NodeJS.Timeout;
  private sweeping: Promise<void> = Promise.resolve();

  /** @param days how long an upload is kept */
  constructor(
    private readonly uploads: UploadStore,
    private readonly log: Log,
    private readonly days: number,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.begin(), HOUR_MS);
    this.begin();
  }

  /** Before the database closes. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping;
  }

  /** One sweep; what fails is told and made good by the next. */
  async sweep(): Promise<void> {
    try {
      const count = await this.uploads.sweep(new Date(Date.now() - this.days * 24 * HOUR_MS));
      if (count > 0) this.log.info('uploads that became no dataset were forgotten', { count });
    } catch (error) {
      this.log.warn('uploads could not be swept; trying again in an hour', { error });
    }
  }

  private begin(): void {
    this.sweeping = this.sweep();
  }
}
