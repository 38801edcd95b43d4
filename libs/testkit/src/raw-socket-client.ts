/**
 * A NATS client on a bare TCP socket: the proof that a client program needs no NATS library and no Nest. It does what the protocol says and no
 * more: no reconnect, no TLS, and nothing that it is told to send is checked, so that it can also play a hostile client.
 */
import { randomBytes } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { Fault } from '@salus/fault';
import { headerBlock, NatsFrameReader, type NatsFrame, type NatsLine } from './nats-frames';

/** How to connect. */
export interface RawSocketOptions {
  /** `nats://[user:password@]host:port` */
  readonly url: string;
  /** Prefix (without final dot) of the subjects on which replies are awaited; default `_INBOX`. */
  readonly inboxPrefix?: string;
}

/** A message on a subscription. */
export type RawMessage = Omit<NatsFrame, 'kind' | 'sid'>;

/** The answer to a request. */
export interface RawReply {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What can go with a request besides its body. */
export interface RawRequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds until a request without an answer is given up; default 5,000. */
  readonly timeoutMs?: number;
}

interface Waiting {
  resolve(reply: NatsFrame): void;
  reject(error: Fault): void;
}

const NO_RESPONDERS = 503;

/** One connection; made with {@link RawSocketClient.connect}. */
export class RawSocketClient {
  /** The texts of all `-ERR` lines so far, such as `'Permissions Violation for Publish to "event.x"'`. */
  readonly serverErrors: string[] = [];
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  private readonly reader = new NatsFrameReader();
  private readonly handlers = new Map<number, (message: RawMessage) => void>();
  private readonly replies = new Map<string, Waiting>();
  private readonly pongs: Waiting[] = [];
  private readonly inbox: string;
  private lastSid = 1;
  private lastRequest = 0;

  private constructor(
    private readonly socket: Socket,
    inboxPrefix: string,
  ) {
    this.inbox = `${inboxPrefix}.${randomBytes(9).toString('hex')}`;
    socket.on('data', (bytes) => this.reader.push(bytes).forEach((frame) => this.receive(frame)));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve(this.rejectAll())));
  }

  /**
   * Connects and waits until the server has accepted the credentials.
   *
   * @throws Fault UNAVAILABLE when nobody listens or the server refuses, with the server's words
   */
  static async connect({ url, inboxPrefix = '_INBOX' }: RawSocketOptions): Promise<RawSocketClient> {
    const { hostname, port, username, password } = new URL(url);
    const socket = await openSocket(hostname, Number(port || 4222));
    const client = new RawSocketClient(socket, inboxPrefix);
    const login = username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
    const greeting = { ...login, name: 'raw-socket', lang: 'none', version: '0', verbose: false, pedantic: false, protocol: 1, headers: true, no_responders: true };
    socket.write(`CONNECT ${JSON.stringify(greeting)}\r\nSUB ${client.inbox}.* 1\r\n`);
    await client.flush();
    return client;
  }

  /** Sends a request and waits for its answer; throws Fault UNAVAILABLE (nobody listens, connection lost) or DEADLINE_EXCEEDED. */
  async request(subject: string, body: Uint8Array | string = '', { headers, timeoutMs = 5_000 }: RawRequestOptions = {}): Promise<RawReply> {
    const inbox = `${this.inbox}.${++this.lastRequest}`;
    const answered = new Promise<NatsFrame>((resolve, reject) => {
      const late = new Fault('DEADLINE_EXCEEDED', `no answer on ${subject} within ${timeoutMs} ms`, { subject, timeoutMs });
      const timer = setTimeout(() => waiting.reject(late), timeoutMs);
      const settled = () => {
        clearTimeout(timer);
        this.replies.delete(inbox);
      };
      const waiting: Waiting = {
        resolve: (reply) => {
          settled();
          resolve(reply);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      this.replies.set(inbox, waiting);
    });
    this.publish(subject, body, { headers, reply: inbox });
    const reply = await answered;
    if (reply.status === NO_RESPONDERS) throw new Fault('UNAVAILABLE', `nobody answers on ${subject}`, { subject });
    return { headers: reply.headers, body: reply.body };
  }

  /** Sends a message. */
  publish(subject: string, body: Uint8Array | string = '', { headers, reply }: { headers?: Readonly<Record<string, string>>; reply?: string } = {}): void {
    if (this.socket.destroyed) return this.rejectAll();
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const to = reply === undefined ? subject : `${subject} ${reply}`;
    const block = headers === undefined ? undefined : headerBlock(headers);
    this.socket.write(block === undefined ? `PUB ${to} ${bytes.length}\r\n` : `HPUB ${to} ${block.length} ${block.length + bytes.length}\r\n`);
    if (block !== undefined) this.socket.write(block);
    this.socket.write(bytes);
    this.socket.write('\r\n');
  }

  /** Subscribes; the function that comes back ends the subscription. A refusal by the server appears in `serverErrors` after `flush`. */
  subscribe(subject: string, handler: (message: RawMessage) => void, queue?: string): () => void {
    const sid = ++this.lastSid;
    this.handlers.set(sid, handler);
    this.socket.write(queue === undefined ? `SUB ${subject} ${sid}\r\n` : `SUB ${subject} ${queue} ${sid}\r\n`);
    return () => {
      this.handlers.delete(sid);
      this.socket.write(`UNSUB ${sid}\r\n`);
    };
  }

  /** Resolves when the server has handled everything sent so far. */
  async flush(): Promise<void> {
    await new Promise<unknown>((resolve, reject) => {
      this.pongs.push({ resolve, reject });
      if (this.socket.destroyed) this.rejectAll();
      else this.socket.write('PING\r\n');
    });
  }

  /** Ends the connection; what is awaited is rejected. */
  async close(): Promise<void> {
    this.socket.end();
    this.socket.destroySoon();
    await this.closed;
  }

  private receive(frame: NatsFrame | NatsLine): void {
    if (frame.kind === 'message') {
      if (frame.sid === 1) this.replies.get(frame.subject)?.resolve(frame);
      else this.handlers.get(frame.sid)?.(frame);
    } else if (frame.verb === 'PING') this.socket.write('PONG\r\n');
    else if (frame.verb === 'PONG') this.pongs.shift()?.resolve({} as NatsFrame);
    else if (frame.verb === '-ERR') this.serverErrors.push(frame.text);
  }

  private rejectAll(): void {
    const said = this.serverErrors.length === 0 ? '' : `; the server said ${this.serverErrors.at(-1)}`;
    const fault = new Fault('UNAVAILABLE', `the connection to NATS has ended${said}`, { serverErrors: [...this.serverErrors] });
    for (const waiting of [...this.replies.values(), ...this.pongs.splice(0)]) waiting.reject(fault);
  }
}

function openSocket(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, noDelay: true });
    const failed = (error: Error) => reject(new Fault('UNAVAILABLE', `nobody listens on ${host}:${port}`, { host, port }, error));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      resolve(socket);
    });
  });
}
