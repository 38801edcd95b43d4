/** Calls the collector of the blob store now and then, for as long as the app runs. Several instances may do so at once. */
import { Fault } from '@salus/fault';
import type { BlobStore } from './blob.store';

export interface BlobCollectionOptions {
  readonly store: BlobStore;
  /** Time between two collections, in milliseconds; 0 for none. */
  readonly everyMs: number;
  /** How long a blob without reference is kept, in milliseconds. */
  readonly graceMs: number;
  /** Told when a collection failed; the next one comes at its time. */
  readonly onFault?: (fault: Fault) => void;
}

export class BlobCollection {
  private timer: NodeJS.Timeout | undefined;
  private collecting: Promise<void> = Promise.resolve();
  private isCollecting = false;

  constructor(private readonly options: BlobCollectionOptions) {}

  /** Does nothing when everyMs is 0. */
  start(): void {
    if (this.options.everyMs === 0) return;
    this.timer = setInterval(() => this.collect(), this.options.everyMs).unref();
  }

  /** Waits for the collection under way. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.collecting;
  }

  private collect(): void {
    if (this.isCollecting) return;
    this.isCollecting = true;
    this.collecting = this.options.store
      .collect({ graceMs: this.options.graceMs })
      .then(() => undefined, (error: unknown) => this.options.onFault?.(Fault.from(error)))
      .finally(() => (this.isCollecting = false));
  }
}
