/**
 * How serving apps learn which version answers: they watch a source and read it whole every few seconds as well, because
 * after a wipe of the bucket a watcher may stay silent. What counts is the revision from PostgreSQL: an older promotion
 * never replaces a newer one, and an empty or absent source changes nothing.
 * Limit: after PostgreSQL was set back to an earlier backup, apps that followed the later one must be restarted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Promotion } from '@salus/contracts';

/** Longest time between two full reads of the source, in milliseconds. */
export const POLL_MS = 2_000;
/** Pause after the first failed read; it doubles up to POLL_MS. */
const FIRST_PAUSE_MS = 50;

/** Where promotions come from, such as the bucket. */
export interface PromotionSource {
  /** Everything that is promoted now; fails when the source cannot be reached. */
  read(): Promise<Promotion[]>;
  /** Calls back when something may have changed, until the signal aborts. Resolves once it listens. */
  watch(onChange: () => void, signal: AbortSignal): Promise<void>;
}

/** What a follower does with what it learns. */
export interface PromotionListener {
  /** Makes a promotion take effect; when it rejects, the same promotion is offered again at the next read. */
  apply(entry: Promotion): Promise<void>;
  /**
   * Hears why the source cannot be read any more or a promotion not be applied: once per outage and once per promotion,
   * as a service that outlives NATS would fill its log otherwise.
   */
  onTrouble(error: unknown, entry?: Promotion): void;
}

/** Follows a source and applies every promotion that is newer than the one held for its model. */
export class PromotionFollower {
  private readonly held = new Map<string, number>();
  private readonly failed = new Map<string, number>();
  private readonly stop = new AbortController();
  private reading: Promise<void> = Promise.resolve();
  private isQueued = false;
  private isReachable = false;
  private readonly firstRead: Promise<void>;
  private endFirstRead!: () => void;

  constructor(
    private readonly source: PromotionSource,
    private readonly listener: PromotionListener,
  ) {
    this.firstRead = new Promise((resolve) => {
      this.endFirstRead = resolve;
    });
  }

  /** Begins to follow. It does not wait and does not fail when the source is away: it goes on trying. */
  start(): void {
    void this.source.watch(() => void this.refresh(), this.stop.signal).catch((error: unknown) => this.listener.onTrouble(error));
    void this.poll();
  }

  /** Ends once the source was read and everything in it was applied or refused, or when the follower is closed. */
  caughtUp(): Promise<void> {
    return this.firstRead;
  }

  async close(): Promise<void> {
    this.stop.abort();
    this.endFirstRead();
    await this.reading;
  }

  /** One read of the whole source. Reads never overlap, and many wishes while one runs make one more. */
  refresh(): Promise<void> {
    if (!this.isQueued) {
      this.isQueued = true;
      this.reading = this.reading.then(() => {
        this.isQueued = false;
        return this.readAll();
      });
    }
    return this.reading;
  }

  private async readAll(): Promise<void> {
    if (this.stop.signal.aborted) return;
    let entries: Promotion[];
    try {
      entries = await this.source.read();
      this.isReachable = true;
    } catch (error) {
      // Not told before the first success: a service may well start before NATS does.
      if (this.isReachable) this.listener.onTrouble(error);
      this.isReachable = false;
      return;
    }
    await Promise.all(entries.map((entry) => this.offer(entry)));
    this.endFirstRead();
  }

  private async offer(entry: Promotion): Promise<void> {
    const key = `${entry.model}.${entry.alias}`;
    if ((this.held.get(key) ?? -1) >= entry.revision) return;
    try {
      await this.listener.apply(entry);
      this.held.set(key, entry.revision);
    } catch (error) {
      if (this.failed.get(key) !== entry.revision) this.listener.onTrouble(error, entry);
      this.failed.set(key, entry.revision);
    }
  }

  /** Reads now and then for ever: soon after a failure, else every POLL_MS, because a watcher may have gone silent. */
  private async poll(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.stop.signal.aborted) {
      await this.refresh();
      pauseMs = this.isReachable ? POLL_MS : Math.min(POLL_MS, 2 * pauseMs);
      await sleep(pauseMs, undefined, { signal: this.stop.signal, ref: false }).catch(() => undefined);
    }
  }
}
