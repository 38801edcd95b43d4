/**
 * Takes one message from its arrival to its answer: caller, overload, body, schema, turn, deadline, handler, reply.
 * Whatever happens on the way, one answer leaves. It counts what is unanswered, so that a drain knows when it may end.
 */
import { randomUUID } from 'node:crypto';
import { Fault } from '@salus/fault';
import { runWithTrace, type Log, type Metrics } from '@salus/observability';
import { headers as natsHeaders, type Msg, type MsgHdrs } from '@nats-io/transport-node';
import { isObservable, lastValueFrom } from 'rxjs';
import { CONTENT_TYPE_HEADER, OCTET_STREAM, envelopeIdOf, readBody } from './body';
import type { CallerReader } from './caller';
import { EndpointTable, type Endpoint } from './endpoint';
import { DEADLINE_HEADER, IDEMPOTENCY_HEADER, Request } from './request-context';
import { encodeJson } from './strict-json';
import { nearest } from './nearest';
import { validate } from './validate';
import { errorHeaders, refusalText, wireErrorOf } from './wire-error';

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;
const MAX_BYTES_PER_CHARACTER = 3;
/** Faults of our own making that a person must look at. */
const LOUD: ReadonlySet<string> = new Set(['INTERNAL', 'INTEGRITY', 'CONFIGURATION']);

/** One message between arrival and answer. */
interface Exchange {
  readonly message: Msg;
  readonly arrivedAt: number;
  endpoint?: Endpoint;
  request?: Request;
  nestId?: string;
  isAnswered: boolean;
}

export interface DispatcherOptions {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly callers: CallerReader;
  /** Largest message the server takes now, in bytes. */
  readonly maxPayload: () => number;
}

export class Dispatcher {
  readonly endpoints = new EndpointTable();
  private readonly open = new Set<Exchange>();
  private readonly unknown;
  private readonly stopping = new AbortController();
  private whenIdle?: () => void;

  constructor(private readonly options: DispatcherOptions) {
    this.unknown = options.metrics.operation('unknown');
  }

  /** How many messages are unanswered. */
  get unanswered(): number {
    return this.open.size;
  }

  /** Tells handlers that only wait to answer now, and ends when nothing is unanswered. */
  settle(): Promise<void> {
    this.stopping.abort();
    return this.open.size === 0 ? Promise.resolve() : new Promise((resolve) => { this.whenIdle = resolve; });
  }

  /** Answers UNAVAILABLE to whatever is unanswered; what the handlers still return is dropped. */
  abandon(): void {
    for (const exchange of [...this.open]) {
      this.refuse(exchange, new Fault('UNAVAILABLE', 'the service stopped before the work was done'));
      exchange.request?.cancel();
    }
  }

  /** Handles one message; never throws. */
  async dispatch(message: Msg): Promise<void> {
    const exchange: Exchange = { message, arrivedAt: performance.now(), isAnswered: false };
    if (!message.reply) {
      this.options.log.debug('a request without a reply subject was not carried out');
      this.unknown.answered('NO_REPLY_SUBJECT', 0);
      return;
    }
    this.open.add(exchange);
    let code = 'OK';
    try {
      const reply = await this.work(exchange);
      this.send(exchange, reply);
    } catch (error) {
      code = this.refuse(exchange, exchange.request?.isExpired ? tooLate(error) : error);
    }
    this.open.delete(exchange);
    exchange.request?.release();
    const elapsedMs = performance.now() - exchange.arrivedAt;
    if (exchange.endpoint) exchange.endpoint.count(code, elapsedMs);
    else this.unknown.answered(code, elapsedMs / 1_000);
    if (this.open.size === 0) this.whenIdle?.();
  }

  private async work(exchange: Exchange): Promise<unknown> {
    const { message } = exchange;
    const found = this.endpoints.find(message.subject);
    if (!found) throw this.unknownOperation(message.subject);
    const { endpoint } = found;
    exchange.endpoint = endpoint;
    const request = this.read(exchange, found.model);
    exchange.request = request;
    endpoint.gate.refuseOverload();
    const body = readBody(endpoint.operation, message);
    exchange.nestId = body.nestId;
    const value = validate(endpoint.operation.request, body.value, 'request');
    const turn = endpoint.gate.enter();
    if (turn) await turn;
    const startedAt = performance.now();
    try {
      if (request.isExpired) throw new Fault('DEADLINE_EXCEEDED', 'the time that the caller gave was over before the work began');
      const result = await runWithTrace(request, () => endpoint.handler(value, request));
      return isObservable(result) ? await lastValueFrom(result) : result;
    } finally {
      endpoint.gate.leave(performance.now() - startedAt);
    }
  }

  private read(exchange: Exchange, model: string | undefined): Request {
    const { message, arrivedAt } = exchange;
    const headers = headersOf(message);
    const caller = this.options.callers.callerOf(headers, message.reply ?? '');
    return new Request({ subject: message.subject, headers, caller, model, expiresAt: expiryOf(headers, arrivedAt), idempotencyKey: idempotencyKeyOf(headers), stopping: this.stopping.signal });
  }

  private send(exchange: Exchange, reply: unknown): void {
    if (exchange.isAnswered) return;
    const { message, nestId } = exchange;
    if (reply instanceof Uint8Array && nestId === undefined) {
      const headers = natsHeaders();
      headers.set(CONTENT_TYPE_HEADER, OCTET_STREAM);
      this.refuseOversize(reply.length);
      message.respond(reply, { headers });
    } else {
      const text = encodeJson(nestId === undefined ? reply : { id: nestId, response: reply, isDisposed: true }, 'reply');
      this.refuseOversize(text.length, text);
      message.respond(text);
    }
    exchange.isAnswered = true;
  }

  private refuseOversize(length: number, text?: string): void {
    const limit = this.options.maxPayload();
    if (length * MAX_BYTES_PER_CHARACTER <= limit) return;
    const bytes = text === undefined ? length : Buffer.byteLength(text);
    if (bytes > limit) throw new Fault('REPLY_TOO_LARGE', `the reply has ${bytes} bytes and a message takes ${limit}; ask for less`, { bytes, limit });
  }

  /** Answers with a fault and gives back its code. */
  private refuse(exchange: Exchange, error: unknown): string {
    const fault = Fault.from(error);
    const { message, request, endpoint } = exchange;
    const correlationId = request?.correlationId ?? randomUUID();
    const fields = { subject: endpoint?.operation.subject ?? 'unknown', code: fault.code, correlationId, durationMs: Math.round(performance.now() - exchange.arrivedAt) };
    if (LOUD.has(fault.code)) this.options.log.error('a request failed', { ...fields, traceId: request?.trace.traceId, error });
    else this.options.log.debug('a request was refused', fields);
    if (exchange.isAnswered) return fault.code;
    exchange.isAnswered = true;
    const nestId = exchange.nestId ?? envelopeIdOf(message.data);
    try {
      message.respond(refusalText(wireErrorOf(fault, correlationId), { nestId, maxBytes: this.options.maxPayload() }), { headers: errorHeaders(fault) });
    } catch (cause) {
      this.options.log.error('an answer could not be sent', { ...fields, error: cause });
    }
    return fault.code;
  }

  private unknownOperation(subject: string): Fault {
    const known = this.endpoints.all().map((endpoint) => endpoint.operation.subject);
    return new Fault('UNKNOWN_OPERATION', 'the service has no such operation', { subject: subject.slice(0, 128), nearest: nearest(subject, known) });
  }
}

function headersOf(message: Msg): MsgHdrs | undefined {
  try {
    return message.headers;
  } catch {
    throw new Fault('MALFORMED_REQUEST', 'the header block of the message cannot be read');
  }
}

function expiryOf(headers: MsgHdrs | undefined, arrivedAt: number): number | undefined {
  const text = headers?.get(DEADLINE_HEADER) ?? '';
  if (text === '') return undefined;
  if (!/^\d{1,9}(\.\d{1,9})?$/.test(text)) throw new Fault('INVALID_REQUEST', `the header ${DEADLINE_HEADER} must hold milliseconds`, { header: DEADLINE_HEADER });
  return arrivedAt + Number(text);
}

function idempotencyKeyOf(headers: MsgHdrs | undefined): string | undefined {
  const key = headers?.get(IDEMPOTENCY_HEADER) ?? '';
  if (key === '') return undefined;
  if (!IDEMPOTENCY_KEY.test(key)) throw new Fault('INVALID_REQUEST', `the header ${IDEMPOTENCY_HEADER} must hold 1 to 128 printable characters`, { header: IDEMPOTENCY_HEADER });
  return key;
}

/** A handler that gave up because its signal fired reports CANCELLED; the reason was the caller's deadline. */
function tooLate(error: unknown): unknown {
  return Fault.is(error) && error.code === 'CANCELLED' ? new Fault('DEADLINE_EXCEEDED', 'the time for the request was over while it was worked on') : error;
}
