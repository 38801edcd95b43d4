/**
 * One connection of a process to NATS that never gives up. NATS that is not there at the start is no error: it is tried
 * again with growing, jittered pauses, and so is a connection that broke. Wrong credentials at the start are an error,
 * since waiting does not mend them. Subscriptions can be made before the first connection; they come alive with it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@salus/fault';
import type { Log } from '@salus/observability';
import {
  AuthorizationError, connect, type Msg, type NatsConnection, type Payload, type PublishOptions, type Subscription, type SubscriptionOptions,
} from '@nats-io/transport-node';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export interface LinkOptions {
  /** One address or several with commas between, such as `nats://127.0.0.1:4222`. */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** Shown by the server's monitoring. */
  readonly name: string;
  /** Private prefix of reply subjects, such as `_INBOX_alice`. */
  readonly inboxPrefix?: string;
}

export type MessageHandler = (message: Msg) => void;

/** Pause before attempt n (0, 1, 2 …): doubles up to 5 s, and half of it is random. */
export function backoffMs(attempt: number): number {
  const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 16));
  return full / 2 + Math.random() * (full / 2);
}

/** Host and port without credentials, for the log. */
const hostsOf = (url: string): string => url.split(',').map((part) => part.replace(/^.*@|^\w+:\/\//g, '')).join(',');

export class NatsLink {
  private connection?: NatsConnection;
  private connecting?: Promise<NatsConnection>;
  private readonly stopped = new AbortController();
  private readonly waiting: { subject: string; options: SubscriptionOptions }[] = [];
  private readonly onError = new Set<(error: Error) => void>();
  private up = false;

  constructor(
    private readonly options: LinkOptions,
    private readonly log: Log,
  ) {}

  /** Whether the connection stands now. */
  get isUp(): boolean {
    return this.up;
  }

  /** The connection, also while it is being mended; undefined before the first one. */
  get current(): NatsConnection | undefined {
    return this.connection;
  }

  /**
   * Connects, for as long as it takes.
   * @throws Fault CONFIGURATION when the credentials are refused; CANCELLED when the link is closed meanwhile
   */
  connected(): Promise<NatsConnection> {
    this.connecting ??= this.connectForever();
    return this.connecting;
  }

  /** Sends when there has been a connection (it buffers while one is mended); says whether it did. */
  publish(subject: string, payload: Payload, options?: PublishOptions): boolean {
    if (!this.connection || this.connection.isClosed() || this.connection.isDraining()) return false;
    this.connection.publish(subject, payload, options);
    return true;
  }

  /** Subscribes now or with the first connection. Returns what ends it. */
  subscribe(subject: string, handler: MessageHandler, queue?: string): () => void {
    const options: SubscriptionOptions = {
      queue,
      callback: (error, message) => (error ? this.log.warn('a subscription reported an error', { subject, error }) : handler(message)),
    };
    let subscription: Subscription | undefined;
    const entry = { subject, options };
    if (this.connection) subscription = this.connection.subscribe(subject, options);
    else this.waiting.push(entry);
    return () => {
      const at = this.waiting.indexOf(entry);
      if (at >= 0) this.waiting.splice(at, 1);
      subscription ??= this.started.get(entry);
      if (subscription && !subscription.isClosed()) subscription.unsubscribe();
    };
  }

  /** Calls back with errors that the server reports later, such as a missing permission. */
  onServerError(listener: (error: Error) => void): void {
    this.onError.add(listener);
  }

  /** Sends what is buffered and disconnects. */
  async close(): Promise<void> {
    this.stopped.abort();
    const connection = this.connection;
    this.up = false;
    if (!connection || connection.isClosed()) return;
    // A drain waits for the server; when it is away there is nobody to wait for.
    await (this.wasUp ? connection.drain() : connection.close()).catch((error: unknown) => this.log.debug('the connection closed with an error', { error }));
  }

  private readonly started = new Map<object, Subscription>();
  private wasUp = false;

  private async connectForever(): Promise<NatsConnection> {
    const { url, user, password, name, inboxPrefix } = this.options;
    let tries = 0;
    let breaks = 0;
    for (;;) {
      if (this.stopped.signal.aborted) throw new Fault('CANCELLED', 'the connection to NATS was closed before it stood');
      try {
        const connection = await connect({
          servers: url.split(','), user, pass: password, name, inboxPrefix,
          maxReconnectAttempts: -1, ignoreAuthErrorAbort: true, noAsyncTraces: true, timeout: 5_000, pingInterval: 20_000,
          reconnectDelayHandler: () => backoffMs(breaks++),
        });
        this.adopt(connection, () => { breaks = 0; });
        return connection;
      } catch (error) {
        if (error instanceof AuthorizationError) throw new Fault('CONFIGURATION', `NATS at ${hostsOf(url)} refuses the credentials`, { host: hostsOf(url), user }, error);
        const delayMs = Math.round(backoffMs(tries));
        this.log.warn('NATS cannot be reached; trying again', { host: hostsOf(url), attempt: tries + 1, delayMs, error });
        tries += 1;
        await sleep(delayMs, undefined, { signal: this.stopped.signal }).catch(() => undefined);
      }
    }
  }

  private adopt(connection: NatsConnection, onReconnect: () => void): void {
    this.connection = connection;
    this.up = true;
    this.wasUp = true;
    for (const entry of this.waiting.splice(0)) this.started.set(entry, connection.subscribe(entry.subject, entry.options));
    this.log.info('connected to NATS', { server: connection.getServer(), version: connection.info?.version });
    void this.follow(connection, onReconnect);
  }

  private async follow(connection: NatsConnection, onReconnect: () => void): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        this.up = this.wasUp = false;
        if (!this.stopped.signal.aborted) this.log.warn('disconnected from NATS; reconnecting', { server: status.server });
      } else if (status.type === 'reconnect') {
        this.up = this.wasUp = true;
        onReconnect();
        this.log.info('connected to NATS again', { server: status.server });
      } else if (status.type === 'error') {
        this.log.warn('NATS reported an error', { error: status.error });
        for (const listener of this.onError) listener(status.error);
      }
    }
  }
}
