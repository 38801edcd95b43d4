/**
 * The key-value store in a JetStream bucket. Written for what was seen on real servers: after a wipe of the JetStream store
 * the bucket is gone, its revisions start again at 1 and a JetStream watcher stays silent for ever, without an error. So
 * a put makes the bucket when it is missing, and a watcher is no JetStream consumer: it compares what stands in the bucket
 * with what it told last, when a writer rings (a plain message after each acknowledged write) and every few seconds besides.
 * JetStream that is absent or away is Fault UNAVAILABLE.
 */
import { Fault } from '@salus/fault';
import type { Log } from '@salus/observability';
import { jetstream, jetstreamManager, JetStreamApiCodes, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';
import { Kvm, type KV, type KvEntry } from '@nats-io/kv';
import { KeyValue, requireBucket, requireKey, type KeyChange, type KeyValueStore } from './key-value';
import type { NatsLink } from './nats-link';

const REQUEST_TIMEOUT_MS = 3_000;
const DEFAULT_POLL_MS = 2_000;

/** A put into a bucket that is not there has no responder, which the client reports as JetStream not being enabled (by a class it does not export). */
const isNoStream = (error: unknown): boolean =>
  (error instanceof Error && error.name === 'JetStreamNotEnabled') || (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound);

const bytesEqual = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.compare(a, b) === 0;

class NatsStore implements KeyValueStore {
  private readonly stream: string;
  private readonly ringSubject: string;

  constructor(
    private readonly bucket: string,
    private readonly link: NatsLink,
    private readonly settings: { readonly log: Log; readonly pollMs: number },
  ) {
    this.stream = `KV_${bucket}`;
    this.ringSubject = `wake.kv.${bucket}`;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    requireKey(key);
    const entry = await this.entry(key);
    return entry?.operation === 'PUT' ? entry.value : undefined;
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    requireKey(key);
    await this.write((bucket) => bucket.put(key, value, { timeout: REQUEST_TIMEOUT_MS }));
  }

  async delete(key: string): Promise<void> {
    requireKey(key);
    if ((await this.get(key)) !== undefined) await this.write((bucket) => bucket.delete(key));
  }

  async keys(): Promise<string[]> {
    const state = await this.state();
    const entries = await Promise.all(state.keys.map((key) => this.entry(key)));
    return state.keys.filter((_, at) => entries[at]?.operation === 'PUT').sort();
  }

  async watch(onChange: (change: KeyChange) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const follower = new Follower(this, onChange, signal);
    const ring = this.link.subscribe(this.ringSubject, () => follower.look());
    signal.addEventListener('abort', () => ring.end(), { once: true });
    void this.follow(follower, signal);
  }

  /** What stands under a key, a deletion marker included. */
  async entry(key: string): Promise<KvEntry | undefined> {
    return this.guard(async () => {
      const bucket = await new Kvm(jetstream(this.connection(), { timeout: REQUEST_TIMEOUT_MS })).open(this.bucket);
      return (await bucket.get(key)) ?? undefined;
    });
  }

  /** Keys ever written that still have an entry, and a mark that changes with every write and every wipe. */
  async state(): Promise<{ keys: string[]; mark: string }> {
    const found = await this.guard(async (manager) => {
      const info = await manager.streams.info(this.stream, { subjects_filter: `$KV.${this.bucket}.>` });
      const prefix = `$KV.${this.bucket}.`;
      return { keys: Object.keys(info.state.subjects ?? {}).map((subject) => subject.slice(prefix.length)), mark: `${info.created}/${info.state.last_seq}` };
    });
    return found ?? { keys: [], mark: '' };
  }

  private connection(): NonNullable<NatsLink['current']> {
    const { current, isUp } = this.link;
    if (!current || !isUp) throw new Fault('UNAVAILABLE', `the bucket ${this.bucket} cannot be reached: no connection to NATS`, { bucket: this.bucket });
    return current;
  }

  /** Runs one access; undefined when the bucket is not there. */
  private async guard<Result>(access: (manager: JetStreamManager) => Promise<Result>): Promise<Result | undefined> {
    const connection = this.connection();
    try {
      return await access(await jetstreamManager(connection, { checkAPI: false, timeout: REQUEST_TIMEOUT_MS }));
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
      throw this.unavailable(error);
    }
  }

  private async write(change: (bucket: KV) => Promise<unknown>): Promise<void> {
    const kvm = new Kvm(jetstream(this.connection(), { timeout: REQUEST_TIMEOUT_MS }));
    try {
      await change(await kvm.open(this.bucket));
    } catch (error) {
      if (!isNoStream(error)) throw this.unavailable(error);
      try {
        await change(await kvm.create(this.bucket, { history: 1 }));
      } catch (again) {
        throw this.unavailable(again);
      }
    }
    this.link.publish(this.ringSubject, new Uint8Array(0));
  }

  private unavailable(error: unknown): Fault {
    return Fault.is(error) ? error : new Fault('UNAVAILABLE', `the bucket ${this.bucket} cannot be reached: JetStream is away or not enabled`, { bucket: this.bucket }, error);
  }

  private async follow(follower: Follower, signal: AbortSignal): Promise<void> {
    let wasAway = false;
    while (!signal.aborted) {
      try {
        await follower.catchUp();
        wasAway = false;
      } catch (error) {
        if (!wasAway) this.settings.log.warn('a bucket cannot be followed now; the last state is kept', { bucket: this.bucket, error });
        wasAway = true;
        follower.forgetRing();
      }
      await follower.rung(this.settings.pollMs);
    }
  }
}

/** Tells one watcher what changed since it looked last. */
class Follower {
  private readonly told = new Map<string, Uint8Array>();
  private mark = '';
  private isRung = false;
  private wake?: () => void;

  constructor(
    private readonly store: NatsStore,
    private readonly onChange: (change: KeyChange) => void,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => this.wake?.(), { once: true });
  }

  /** A writer rang: look soon. */
  look(): void {
    this.isRung = true;
    this.wake?.();
  }

  forgetRing(): void {
    this.isRung = false;
  }

  /** Ends when somebody rang since the last look began, when the time is over, or when the watch ends. */
  rung(longestMs: number): Promise<void> {
    if (this.isRung || this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, longestMs).unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async catchUp(): Promise<void> {
    this.isRung = false;
    const { keys, mark } = await this.store.state();
    if (mark === this.mark) return;
    for (const key of keys.sort()) {
      const entry = await this.store.entry(key);
      if (this.signal.aborted) return;
      if (entry) this.tell(key, entry);
    }
    this.mark = mark;
  }

  private tell(key: string, entry: KvEntry): void {
    if (entry.operation !== 'PUT') {
      if (this.told.delete(key)) this.onChange({ key, value: undefined });
    } else if (!bytesEqual(this.told.get(key), entry.value)) {
      this.told.set(key, entry.value);
      this.onChange({ key, value: entry.value.slice() });
    }
  }
}

export class NatsKeyValue extends KeyValue {
  constructor(
    private readonly link: NatsLink,
    private readonly log: Log,
    private readonly pollMs = DEFAULT_POLL_MS,
  ) {
    super();
  }

  override open(bucket: string): KeyValueStore {
    requireBucket(bucket);
    return new NatsStore(bucket, this.link, { log: this.log, pollMs: this.pollMs });
  }
}
