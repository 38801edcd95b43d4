/**
 * The client of the platform: one connection, one inbox subscription under a private prefix, and a reply token for each
 * request. It sends how much time is left, so that late work is refused before it is done, and repeats a request by itself
 * only when the contract says that this is harmless and the fault that it may help.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { subjectFor, type Operation, type ReplyOf, type RequestInputOf } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { createLog, currentTrace, type Log } from '@salus/observability';
import { PermissionViolationError, createInbox, headers as natsHeaders, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { ARGS_HEADER, CONTENT_TYPE_HEADER, OCTET_STREAM } from './body';
import { NatsLink } from './nats-link';
import { DEADLINE_HEADER, IDEMPOTENCY_HEADER, TRACE_HEADER } from './request-context';
import { encodeJson } from './strict-json';
import { validate } from './validate';
import { ERROR_CODE_HEADER, ERROR_HEADER, faultOfReply } from './wire-error';

export interface ClientOptions {
  /** Address of NATS. */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** Prefix under which this user may receive, such as `_INBOX_alice`. */
  readonly inboxPrefix?: string;
  /** Shown by the server's monitoring. */
  readonly name?: string;
  /** Time to wait for a reply when neither request nor contract names one, in milliseconds. */
  readonly timeoutMs?: number;
  /** Check every reply against its contract; for tests, as it costs time. */
  readonly checksReplies?: boolean;
  /** Where connection trouble is told; silent when left out. */
  readonly log?: Log;
}

export interface RequestOptions {
  /** Model id, for an operation that ends in `{model}`. */
  readonly model?: string;
  /** Longest to wait for the answer, repeats included, in milliseconds; the contract's when left out. */
  readonly timeoutMs?: number;
  /** What is left of a budget that came from elsewhere, in milliseconds; the smaller of the two counts. */
  readonly deadlineMs?: number;
  /** 1 to 128 printable characters; the same key again is the same request. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  /** Raw bytes for the contract's `bytesField`; the payload then holds the other fields. */
  readonly bytes?: Uint8Array;
}

/** A reply as it came, for tests and tools. */
export interface RawReply {
  readonly data: Uint8Array;
  /** First value of each header. */
  readonly headers: ReadonlyMap<string, string>;
}

interface Pending {
  readonly subject: string;
  resolve(message: Msg): void;
  reject(error: Fault): void;
}

interface Outgoing {
  readonly subject: string;
  readonly body: Uint8Array | string;
  readonly headers?: MsgHdrs;
  readonly signal?: AbortSignal;
}

const MAX_ATTEMPTS = 5;
const FIRST_RETRY_MS = 50;
const SILENT_LOG = createLog({ service: 'client', level: 'silent' });

export class Client {
  private readonly pending = new Map<string, Pending>();
  private readonly inbox: string;
  private nextToken = 0;

  /** Use {@link connectClient}. */
  constructor(
    private readonly link: NatsLink,
    private readonly connection: NatsConnection,
    private readonly options: ClientOptions,
  ) {
    this.inbox = `${createInbox(options.inboxPrefix)}.`;
    link.subscribe(`${this.inbox}*`, (message) => this.receive(message));
    link.onServerError((error) => this.refuseForbidden(error));
    link.onDisconnect(() => this.failPending());
  }

  /**
   * Sends a request and gives back its reply.
   * @throws Fault with the code of the service; UNAVAILABLE when nobody listens or the connection broke, DEADLINE_EXCEEDED when no answer came in
   * time, CANCELLED when the signal aborted, TOO_LARGE when the body does not fit into a message
   */
  async request<O extends Operation>(contract: O, payload: RequestInputOf<O>, options: RequestOptions = {}): Promise<ReplyOf<O>> {
    const budgetMs = Math.min(options.timeoutMs ?? contract.timeoutMs, options.deadlineMs ?? Infinity);
    const endsAt = performance.now() + budgetMs;
    const subject = subjectOf(contract, options.model);
    const body = options.bytes ?? encodeJson(payload, 'request');
    for (let attempt = 1; ; attempt++) {
      const left = endsAt - performance.now();
      try {
        await this.waitForLink(left, options.signal);
        const leftMs = endsAt - performance.now();
        const headers = this.headersFor(contract, payload, { options, leftMs });
        const message = await this.exchange({ subject, body, headers, signal: options.signal }, leftMs);
        return this.read(contract, message);
      } catch (error) {
        const fault = Fault.from(error);
        const pauseMs = retryPauseMs(fault, attempt);
        const canRetry = contract.idempotent && fault.retryable && fault.code !== 'DEADLINE_EXCEEDED' && attempt < MAX_ATTEMPTS;
        if (!canRetry || performance.now() + pauseMs >= endsAt) throw fault;
        await pause(pauseMs, options.signal);
      }
    }
  }

  /**
   * Sends bytes as they are and gives back the reply as it came, a refusal too.
   * @throws Fault as {@link request} does when no reply came at all
   */
  async raw(subject: string, body: Uint8Array | string, headers: Readonly<Record<string, string>> = {}): Promise<RawReply> {
    const own = natsHeaders();
    for (const [name, value] of Object.entries(headers)) own.append(name, value);
    const message = await this.exchange({ subject, body, headers: Object.keys(headers).length > 0 ? own : undefined }, this.options.timeoutMs ?? 5_000);
    return { data: message.data, headers: new Map([...(message.headers ?? [])].map(([name, values]) => [name, values[0]])) };
  }

  /** Waits for what is under way, then disconnects. */
  async close(): Promise<void> {
    await this.link.close();
    for (const pending of [...this.pending.values()]) pending.reject(new Fault('CANCELLED', 'the client was closed before the answer came'));
  }

  /** While the connection is being mended nothing is sent: it could get lost between two connections without a word. */
  private async waitForLink(leftMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.link.isUp || !(leftMs > 0)) return;
    const limit = AbortSignal.timeout(Math.ceil(leftMs));
    await this.link.whenUp(signal ? AbortSignal.any([signal, limit]) : limit);
    if (!this.link.isUp && !signal?.aborted) throw new Fault('UNAVAILABLE', `no connection to NATS within ${Math.round(leftMs)} ms; the request was not sent`, {});
  }

  /** What was under way when the connection broke may be answered to nobody: better said at once than waited for. */
  private failPending(): void {
    for (const pending of [...this.pending.values()]) {
      pending.reject(new Fault('UNAVAILABLE', 'the connection to NATS broke before the answer came; the request may have been carried out', { subject: pending.subject }));
    }
  }

  private exchange(outgoing: Outgoing, timeoutMs: number): Promise<Msg> {
    const { subject, body, headers, signal } = outgoing;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new Fault('CANCELLED', 'the request was cancelled'));
      if (!(timeoutMs > 0)) return reject(new Fault('DEADLINE_EXCEEDED', 'the time for the request was over before it was sent', { subject }));
      const token = (this.nextToken++).toString(36);
      const onAbort = (): void => end(() => reject(new Fault('CANCELLED', 'the request was cancelled')));
      const timer = setTimeout(() => end(() => reject(new Fault('DEADLINE_EXCEEDED', `no answer within ${Math.round(timeoutMs)} ms`, { subject }))), timeoutMs);
      const end = (then: () => void): void => {
        this.pending.delete(token);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        then();
      };
      this.pending.set(token, { subject, resolve: (message) => end(() => resolve(message)), reject: (fault) => end(() => reject(fault)) });
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        this.send(subject, body, { reply: this.inbox + token, headers });
      } catch (error) {
        end(() => reject(Fault.from(error)));
      }
    });
  }

  private send(subject: string, body: Uint8Array | string, options: { reply: string; headers?: MsgHdrs }): void {
    const limit = this.connection.info?.max_payload ?? Infinity;
    const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    if (bytes > limit) throw new Fault('TOO_LARGE', `the body has ${bytes} bytes and a message takes ${limit}`, { bytes, limit });
    if (!this.link.publish(subject, body, options)) throw new Fault('UNAVAILABLE', 'the client is closed');
  }

  private receive(message: Msg): void {
    const pending = this.pending.get(message.subject.slice(this.inbox.length));
    if (!pending) return;
    if (message.data.length === 0 && message.headers?.code === 503)
      pending.reject(new Fault('UNAVAILABLE', 'nobody answers this subject now', { subject: pending.subject }));
    else pending.resolve(message);
  }

  private refuseForbidden(error: Error): void {
    if (!(error instanceof PermissionViolationError) || error.operation !== 'publish') return;
    for (const pending of [...this.pending.values()])
      if (pending.subject === error.subject) pending.reject(new Fault('FORBIDDEN', 'this user may not send to this subject', { subject: pending.subject }));
  }

  private headersFor(contract: Operation, payload: unknown, sending: { options: RequestOptions; leftMs: number }): MsgHdrs {
    const { options, leftMs } = sending;
    const headers = natsHeaders();
    headers.append(DEADLINE_HEADER, String(Math.max(1, Math.floor(leftMs))));
    const trace = currentTrace();
    if (trace) headers.append(TRACE_HEADER, trace.child().toString());
    if (options.idempotencyKey !== undefined) headers.append(IDEMPOTENCY_HEADER, options.idempotencyKey);
    if (options.bytes) {
      if (!contract.bytesField) throw new Fault('UNSUPPORTED_CONTENT', `${contract.subject} takes no raw bytes`, { subject: contract.subject });
      headers.append(CONTENT_TYPE_HEADER, OCTET_STREAM);
      headers.append(ARGS_HEADER, asciiJson(payload));
    }
    return headers;
  }

  private read<O extends Operation>(contract: O, message: Msg): ReplyOf<O> {
    const headers = message.headers;
    if (headers?.has(ERROR_CODE_HEADER)) throw faultOfReply(message.data, headers.get(ERROR_HEADER));
    const value: unknown = headers?.get(CONTENT_TYPE_HEADER) === OCTET_STREAM ? message.data : JSON.parse(Buffer.from(message.data).toString('utf8'));
    return (this.options.checksReplies ? validate(contract.reply, value, 'reply') : value) as ReplyOf<O>;
  }
}

function subjectOf(contract: Operation, model: string | undefined): string {
  const needsModel = contract.subject.includes('{model}');
  if (needsModel && (model === undefined || !/^[A-Za-z0-9_-]{1,64}$/.test(model)))
    throw new Fault('INVALID_PARAMETERS', `${contract.subject} needs options.model`, { expected: 'a model id such as blood-pressure', received: typeof model });
  return subjectFor(contract, model);
}

/** Header values are ASCII; other characters are escaped, which JSON allows everywhere but in names of nothing. */
function asciiJson(value: unknown): string {
  return encodeJson(value ?? {}, 'request').replace(/[\x7f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Half of the pause is random, so that many clients do not come back together. */
function retryPauseMs(fault: Fault, attempt: number): number {
  const hint = Number(fault.details.retryAfterMs);
  const full = Math.max(Number.isFinite(hint) ? hint : 0, FIRST_RETRY_MS * 2 ** (attempt - 1));
  return full / 2 + Math.random() * full;
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((cause: unknown) => {
    throw new Fault('CANCELLED', 'the request was cancelled', {}, cause);
  });
}

/**
 * Connects a client; waits for NATS when it is not there yet.
 * @throws Fault CONFIGURATION when the credentials are refused
 */
export async function connectClient(options: ClientOptions): Promise<Client> {
  const { url, user, password, inboxPrefix } = options;
  const link = new NatsLink({ url, user, password, inboxPrefix, name: options.name ?? 'salus-client' }, options.log ?? SILENT_LOG);
  return new Client(link, await link.connected(), options);
}
