/**
 * How serving apps learn which version answers. Training projects its aliases into the key-value bucket `registry`;
 * followers watch the bucket and read it whole every few seconds as well, because after a wipe of the bucket a watcher
 * stays silent for ever. What counts is the revision from PostgreSQL, not the bucket's own: an older promotion never
 * replaces a newer one, and an empty or absent bucket changes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { promotion, type Promotion } from '@salus/contracts';
import type { KeyValueStore } from '@salus/messaging';

/** Name of the key-value bucket. */
export const REGISTRY_BUCKET = 'registry';
/** Longest time between two full reads of the bucket, in milliseconds. */
export const POLL_MS = 2_000;
/** Pause after the first failed read; it doubles up to POLL_MS. */
const FIRST_PAUSE_MS = 50;

export const keyOf = (entry: Pick<Promotion, 'service' | 'model' | 'alias'>): string => `${entry.service}.${entry.model}.${entry.alias}`;

/** Writes promotions into the bucket; writing the same ones again is harmless. */
export class PromotionProjection {
  constructor(private readonly bucket: KeyValueStore) {}

  async project(entries: readonly Promotion[]): Promise<void> {
    for (const entry of entries) {
      const stored = decode(await this.bucket.get(keyOf(entry)));
      if (stored && stored.revision >= entry.revision && stored.artifact === entry.artifact) continue;
      await this.bucket.put(keyOf(entry), Buffer.from(JSON.stringify(entry)));
    }
  }
}

/** Where promotions come from: the bucket, or a folder of exported versions. */
export interface PromotionSource {
  /** Everything that is promoted now; fails when the source cannot be reached. */
  read(): Promise<Promotion[]>;
  /** Calls back when something may have changed, until the signal aborts. Resolves once it listens. */
  watch(onChange: () => void, signal: AbortSignal): Promise<void>;
}

/** The bucket as a source, narrowed to one service. */
export class BucketSource implements PromotionSource {
  constructor(
    private readonly bucket: KeyValueStore,
    private readonly service: string,
  ) {}

  async read(): Promise<Promotion[]> {
    const keys = (await this.bucket.keys()).filter((key) => key.startsWith(`${this.service}.`));
    const entries = await Promise.all(keys.map(async (key) => decode(await this.bucket.get(key))));
    return entries.filter((entry): entry is Promotion => entry !== undefined);
  }

  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    await this.bucket.watch(() => onChange(), signal);
  }
}

/** Follows a source and reports every promotion that is newer than the one held for its model. */
export class PromotionFollower {
  private readonly held = new Map<string, number>();
  private readonly stop = new AbortController();
  private reading: Promise<void> = Promise.resolve();
  private isQueued = false;
  private isReachable = false;

  /**
   * @param apply makes a promotion take effect; when it rejects, the same promotion is offered again at the next read
   * @param onTrouble hears why the source could not be read or a promotion not applied
   */
  constructor(
    private readonly source: PromotionSource,
    private readonly apply: (entry: Promotion) => Promise<void>,
    private readonly onTrouble: (error: unknown, entry?: Promotion) => void,
  ) {}

  /** Begins to follow. It does not wait and does not fail when the source is away: it goes on trying. */
  start(): void {
    void this.source.watch(() => void this.refresh(), this.stop.signal).catch((error: unknown) => this.onTrouble(error));
    void this.poll();
  }

  async close(): Promise<void> {
    this.stop.abort();
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
      // Told once per outage: a service that starts before NATS, or outlives it, would fill its log.
      if (this.isReachable) this.onTrouble(error);
      this.isReachable = false;
      return;
    }
    await Promise.all(entries.map((entry) => this.offer(entry)));
  }

  private async offer(entry: Promotion): Promise<void> {
    const key = keyOf(entry);
    if ((this.held.get(key) ?? -1) >= entry.revision) return;
    try {
      await this.apply(entry);
      this.held.set(key, entry.revision);
    } catch (error) {
      this.onTrouble(error, entry);
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

function decode(bytes: Uint8Array | undefined): Promotion | undefined {
  if (!bytes) return undefined;
  try {
    return promotion.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return undefined; // not ours: a foreign key in the bucket is passed over
  }
}
