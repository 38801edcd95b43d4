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
  /** One address or several with commas between, such as `nats://127.0.0.1:4222`; the first may hold `user:password@`. */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** Shown by the server's monitoring. */
  readonly name: string;
  /** Private prefix of reply subjects, such as `_INBOX_alice`. */
  readonly inboxPrefix?: string;
}

export type MessageHandler = (message: Msg) => void;

/** A subscription that may have been made before the first connection. */
export interface LinkSubscription {
  /** Ends it at once; what is on its way is dropped. */
  end(): void;
  /** Ends it; resolves when everything that the server had sent was handed over. Never throws. */
  drain(): Promise<void>;
}

interface Entry {
  readonly subject: string;
  readonly options: SubscriptionOptions;
  subscription?: Subscription;
}

/** Pause before attempt n (0, 1, 2 …): doubles up to 5 s, and half of it is random. */
export function backoffMs(attempt: number): number {
  const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 16));
  return full / 2 + Math.random() * (full / 2);
}

/** Splits addresses from the credentials that may stand in them, so that these reach no log. */
function parseUrl(url: string): { servers: string[]; isTls: boolean; user?: string; password?: string } {
  const parts = url.split(',').map((part) => /^(?:\w+:\/\/)?(?:([^:@/]*)(?::([^@/]*))?@)?(.+)$/.exec(part.trim()));
  const [, user, password] = parts.find((part) => part?.[1]) ?? [];
  return { servers: parts.flatMap((part) => (part ? [part[3]] : [])), isTls: /(^|,)\s*(tls|wss):/.test(url), user: decoded(user), password: decoded(password) };
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    throw new Fault('CONFIGURATION', 'the address of NATS is not readable: in user and password, % and the characters :/@ are written as %25, %3A, %2F and %40');
  }
}

export class NatsLink {
  private connection?: NatsConnection;
  private connecting?: Promise<NatsConnection>;
  private readonly stopped = new AbortController();
  private readonly waiting: Entry[] = [];
  private readonly onError = new Set<(error: Error) => void>();
  private readonly onBreak = new Set<() => void>();
  private readonly onMended = new Set<() => void>();
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
   * @throws Fault CONFIGURATION when the credentials are refused or the address is not readable; CANCELLED when the link is closed meanwhile
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

  /** Subscribes now or with the first connection. */
  subscribe(subject: string, handler: MessageHandler, queue?: string): LinkSubscription {
    const entry: Entry = {
      subject,
      options: { queue, callback: (error, message) => (error ? this.log.warn('a subscription reported an error', { subject, error }) : handler(message)) },
    };
    if (this.connection) entry.subscription = this.connection.subscribe(subject, entry.options);
    else this.waiting.push(entry);
    const leave = (): Subscription | undefined => {
      const at = this.waiting.indexOf(entry);
      if (at >= 0) this.waiting.splice(at, 1);
      return entry.subscription?.isClosed() || this.connection?.isClosed() ? undefined : entry.subscription;
    };
    return {
      end: () => leave()?.unsubscribe(),
      drain: async () => leave()?.drain().catch((error: unknown) => this.log.debug('a subscription ended with an error', { error })),
    };
  }

  /** Calls back with errors that the server reports later, such as a missing permission. */
  onServerError(listener: (error: Error) => void): void {
    this.onError.add(listener);
  }

  /** Calls back when the connection breaks: what was under way on it may never be answered. */
  onDisconnect(listener: () => void): void {
    this.onBreak.add(listener);
  }

  /** Ends when the connection stands (at once when it does), or when the signal aborts. */
  async whenUp(signal: AbortSignal): Promise<void> {
    if (this.up || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        this.onMended.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      this.onMended.add(end);
      signal.addEventListener('abort', end, { once: true });
    });
  }

  /** Ends when the server has everything that was sent so far, or when the connection broke. */
  async flush(): Promise<void> {
    await this.connection?.flush().catch((error: unknown) => this.log.debug('a flush ended with an error', { error }));
  }

  /** Sends what is buffered and disconnects. */
  async close(): Promise<void> {
    this.stopped.abort();
    const { connection, up } = this;
    this.up = false;
    if (!connection || connection.isClosed()) return;
    // A drain waits for the server; when it is away there is nobody to wait for.
    await (up ? connection.drain() : connection.close()).catch((error: unknown) => this.log.debug('the connection closed with an error', { error }));
  }

  private async connectForever(): Promise<NatsConnection> {
    const address = parseUrl(this.options.url);
    const { servers, isTls } = address;
    const { name, inboxPrefix, user = address.user, password = address.password } = this.options;
    const host = servers.join(',');
    let tries = 0;
    let breaks = 0;
    for (;;) {
      if (this.stopped.signal.aborted) throw new Fault('CANCELLED', 'the connection to NATS was closed before it stood');
      try {
        const connection = await connect({
          servers, user, pass: password, name, inboxPrefix, tls: isTls ? {} : undefined,
          maxReconnectAttempts: -1, ignoreAuthErrorAbort: true, noAsyncTraces: true, timeout: 5_000, pingInterval: 20_000,
          reconnectDelayHandler: () => backoffMs(breaks++),
        });
        this.adopt(connection, () => { breaks = 0; });
        return connection;
      } catch (error) {
        if (error instanceof AuthorizationError) throw new Fault('CONFIGURATION', `NATS at ${host} refuses the credentials`, { host }, error);
        const delayMs = Math.round(backoffMs(tries));
        this.log.warn('NATS cannot be reached; trying again', { host, attempt: tries + 1, delayMs, error });
        tries += 1;
        await sleep(delayMs, undefined, { signal: this.stopped.signal }).catch(() => undefined);
      }
    }
  }

  private adopt(connection: NatsConnection, onReconnect: () => void): void {
    this.connection = connection;
    this.up = true;
    for (const entry of this.waiting.splice(0)) entry.subscription = connection.subscribe(entry.subject, entry.options);
    this.log.info('connected to NATS', { server: connection.getServer(), version: connection.info?.version });
    void this.follow(connection, onReconnect);
  }

  private async follow(connection: NatsConnection, onReconnect: () => void): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        this.up = false;
        for (const listener of [...this.onBreak]) listener();
        if (!this.stopped.signal.aborted) this.log.warn('disconnected from NATS; reconnecting', { server: status.server });
      } else if (status.type === 'reconnect') {
        this.up = true;
        onReconnect();
        for (const listener of [...this.onMended]) listener();
        this.log.info('connected to NATS again', { server: status.server });
      } else if (status.type === 'error') {
        this.log.warn('NATS reported an error', { error: status.error });
        for (const listener of this.onError) listener(status.error);
      }
    }
  }
}
