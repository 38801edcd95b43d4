/**
 * Who sent a request. The server writes `Nats-Request-Info` when a request crosses from one account into another by an import
 * with `share: true`; nothing that a client chooses is believed. Seen on nats-server 2.9.10 and defended against here:
 * it replaces only the first header of that name, so a second forged one stays in front of its own; and it cuts the last two
 * bytes of the header block off unread, so a block without its blank line swallows the server's header into another value.
 * So a request that crossed accounts (its reply subject starts with `_R_.`) must carry exactly one such header, readable,
 * and no other header may speak of it. Headers under `Nats-` are the server's own and are refused from clients.
 */
import { Fault } from '@salus/fault';
import type { MsgHdrs } from '@nats-io/transport-node';

export const REQUEST_INFO_HEADER = 'Nats-Request-Info';
const RESERVED = /^nats-/i;
const SMUGGLED = /nats-request-info/i;
const CROSSED_ACCOUNTS = '_R_.';
const MAX_KNOWN_CALLERS = 1024;

/** Who asks: a client with its user and account as the server knows them, or another service. */
export type Caller = { readonly kind: 'client'; readonly user: string; readonly account: string } | { readonly kind: 'internal' };

export const INTERNAL_CALLER: Caller = { kind: 'internal' };

const forbidden = (message: string): Fault => new Fault('FORBIDDEN', message);

function readRequestInfo(text: string): Caller {
  try {
    const info = JSON.parse(text) as { acc?: unknown; user?: unknown };
    if (typeof info.acc === 'string') return { kind: 'client', account: info.acc, user: typeof info.user === 'string' ? info.user : '' };
  } catch (cause) {
    throw new Fault('FORBIDDEN', 'the caller cannot be told: the header written by the server is not readable', {}, cause);
  }
  throw forbidden('the caller cannot be told: the header written by the server names no account');
}

function refuseReserved(headers: MsgHdrs): void {
  if (SMUGGLED.test(headers.description)) throw forbidden('the header block is not well formed');
  for (const [name, values] of headers) {
    if (name === REQUEST_INFO_HEADER) continue;
    if (RESERVED.test(name)) throw new Fault('INVALID_REQUEST', 'headers that start with Nats- belong to the server and cannot be set by a client');
    if (SMUGGLED.test(name) || values.some((value) => SMUGGLED.test(value))) throw forbidden('the header block is not well formed');
  }
}

/** Tells the caller of a message; remembers what it read, since the server writes the same text for one connection. */
export class CallerReader {
  private readonly known = new Map<string, Caller>();

  /** @param isTrusted false on a server without accounts, where the header says nothing */
  constructor(private readonly isTrusted: boolean) {}

  /**
   * @param headers the headers of the message, if any
   * @param reply its reply subject
   * @throws Fault FORBIDDEN or INVALID_REQUEST
   */
  callerOf(headers: MsgHdrs | undefined, reply: string): Caller {
    if (headers) refuseReserved(headers);
    if (!this.isTrusted) return INTERNAL_CALLER;
    const values = headers?.values(REQUEST_INFO_HEADER) ?? [];
    if (values.length > 1) throw forbidden('the header Nats-Request-Info is written by the server and cannot be set by a client');
    if (values.length === 0) {
      if (reply.startsWith(CROSSED_ACCOUNTS)) throw forbidden('the caller cannot be told: the header block is not well formed');
      return INTERNAL_CALLER;
    }
    return this.remembered(values[0]);
  }

  private remembered(text: string): Caller {
    let caller = this.known.get(text);
    if (!caller) {
      caller = readRequestInfo(text);
      if (this.known.size >= MAX_KNOWN_CALLERS) this.known.clear();
      this.known.set(text, caller);
    }
    return caller;
  }
}
