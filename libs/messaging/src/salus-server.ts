/**
 * The Nest transport strategy of the platform. One subscription `<service>.>` in the queue group of the service takes every
 * request and the dispatcher finds the handler, so that unknown operations and models get an answer too; a placement, which
 * is a group of its own beside that one, takes the subjects of its models only. Events have their own subscriptions. Closing
 * stops taking messages, waits for what is unanswered and flushes; it waits for nothing else.
 */
import type { EventContract, FoundContract, Operation } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { Trace, runWithTrace, type Log, type Metrics } from '@salus/observability';
import { Server, type CustomTransportStrategy, type MessageHandler as NestHandler } from '@nestjs/microservices';
import type { Msg } from '@nats-io/transport-node';
import { isObservable, lastValueFrom } from 'rxjs';
import { requireAccounts } from './account';
import { CallerReader } from './caller';
import { Discovery, type ServiceIdentity } from './discovery';
import { Dispatcher } from './dispatcher';
import { Endpoint, type Handler } from './endpoint';
import type { LinkSubscription, NatsLink } from './nats-link';
import type { HandlerExtras } from './operation.decorator';
import { TRACE_HEADER } from './request-context';
import { parseStrictJson } from './strict-json';
import { validate } from './validate';

export interface SalusServerOptions {
  readonly service: ServiceIdentity;
  readonly link: NatsLink;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly allowAnonymous: boolean;
  /** Name of the queue group; the service's name when left out. */
  readonly queueGroup?: string;
  /** Ids of the models that a placement is for: it hears the subjects of these and no other, since other groups answer those. */
  readonly placedModels?: readonly string[];
  /** What the service must answer, no more and no less. */
  readonly contracts?: readonly FoundContract[];
  /** Longest a drain waits for handlers, in milliseconds. */
  readonly drainTimeoutMs: number;
}

export class SalusServer extends Server implements CustomTransportStrategy {
  private readonly queueGroup: string;
  private dispatcher?: Dispatcher;
  private readonly requests: LinkSubscription[] = [];
  private readonly events: LinkSubscription[] = [];
  private eventsUnderWay = 0;
  private whenEventsEnd?: () => void;
  private state: 'starting' | 'serving' | 'draining' | 'closed' = 'starting';

  constructor(private readonly options: SalusServerOptions) {
    super();
    this.queueGroup = options.queueGroup ?? options.service.name;
  }

  /** Whether requests reach this instance: true, or why not. */
  readiness(): true | string {
    if (this.state !== 'serving') return this.state;
    return this.options.link.isUp ? true : 'no connection to NATS';
  }

  /** @throws Fault CONFIGURATION when two methods handle one operation */
  override addHandler(...handler: Parameters<Server['addHandler']>): void {
    const subject = String(handler[0]);
    const isEvent = handler[2] ?? false;
    if (!isEvent && this.messageHandlers.has(subject)) throw new Fault('CONFIGURATION', `two methods handle the operation ${subject}`, { subject });
    super.addHandler(...handler);
  }

  /** Called by Nest: connects, subscribes and reports by the callback. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.start();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Called by Nest: takes no more messages, waits for what is unanswered, flushes. */
  async close(): Promise<void> {
    if (this.state === 'draining' || this.state === 'closed') return;
    const { link, log, drainTimeoutMs } = this.options;
    this.state = 'draining';
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => { timer = setTimeout(resolve, drainTimeoutMs); });
    // A drained subscription has handed over all that the server sent before it saw the end of it.
    if (link.isUp) await Promise.race([drainAll(this.requests), tooLong]);
    const inFlight = this.unanswered;
    log.info('draining', { inFlight });
    await Promise.race([this.dispatcher?.settle(), tooLong]);
    if (this.unanswered > 0) log.error('the drain took too long; the rest is answered UNAVAILABLE', { inFlight: this.unanswered });
    this.dispatcher?.abandon();
    // Events come last: what is unanswered may be waiting for one.
    if (link.isUp) await Promise.race([drainAll(this.events).then(() => this.eventsHandled()), tooLong]);
    clearTimeout(timer);
    if (link.isUp) await link.flush();
    this.state = 'closed';
    log.info('drained', { count: inFlight });
  }

  /** Nest's events of a transport; there are none. */
  on(): void {
    throw new Fault('CONFIGURATION', 'this transport has no events to listen to');
  }

  /** The NATS link underneath. */
  unwrap<T>(): T {
    return this.options.link as T;
  }

  /** Requests received and not answered yet. */
  get unanswered(): number {
    return this.dispatcher?.unanswered ?? 0;
  }

  private eventsHandled(): Promise<void> {
    return this.eventsUnderWay === 0 ? Promise.resolve() : new Promise((resolve) => { this.whenEventsEnd = resolve; });
  }

  private async start(): Promise<void> {
    const { service, link, log, metrics, allowAnonymous } = this.options;
    this.checkContracts();
    const connection = await link.connected();
    const isTrusted = await requireAccounts(connection, allowAnonymous);
    const dispatcher = new Dispatcher({
      log, metrics, callers: new CallerReader(isTrusted), maxPayload: () => connection.info?.max_payload ?? Infinity,
    });
    for (const { contract, handler } of this.operations()) dispatcher.endpoints.add(new Endpoint(contract, handler, metrics));
    this.dispatcher = dispatcher;
    for (const subject of this.requestSubjects(dispatcher.endpoints.all()))
      this.requests.push(link.subscribe(subject, (message) => void dispatcher.dispatch(message), this.queueGroup));
    for (const [, handler] of this.messageHandlers) if (handler.isEventHandler) this.events.push(this.listenToEvent(handler));
    this.requests.push(...new Discovery(service, this.queueGroup, () => dispatcher.endpoints.all()).start(link));
    await connection.flush();
    this.state = 'serving';
    log.info('serving', { service: service.name, version: service.version, count: dispatcher.endpoints.all().length });
  }

  /** Everything under the service's name, or of a placement the subjects of its models: each queue group gets every message it asks for. */
  private requestSubjects(endpoints: readonly Endpoint[]): string[] {
    const { service, placedModels } = this.options;
    if (!placedModels) return [`${service.name}.>`];
    return endpoints.filter(({ hasModel }) => hasModel).flatMap(({ prefix }) => placedModels.map((model) => `${prefix}.${model}`));
  }

  private operations(): { contract: Operation; handler: Handler }[] {
    return [...this.messageHandlers].filter(([, handler]) => !handler.isEventHandler).map(([pattern, handler]) => {
      const { contract } = (handler.extras ?? {}) as HandlerExtras;
      if (contract?.kind !== 'operation') throw new Fault('CONFIGURATION', `the handler of ${pattern} has no contract; use @Operation(contract)`, { subject: pattern });
      if (!pattern.startsWith(`${this.options.service.name}.`)) throw new Fault('CONFIGURATION', `the operation ${pattern} belongs to another service`, { subject: pattern });
      return { contract, handler: handler as unknown as Handler };
    });
  }

  private checkContracts(): void {
    if (!this.options.contracts) return;
    const wanted = this.options.contracts.flatMap(({ contract }) => (contract.kind === 'operation' ? [contract.subject] : []));
    const handled = this.operations().map(({ contract }) => contract.subject);
    const missing = wanted.filter((subject) => !handled.includes(subject));
    const extra = handled.filter((subject) => !wanted.includes(subject));
    if (missing.length + extra.length === 0) return;
    const parts = [...(missing.length > 0 ? [`no handler for ${missing.join(', ')}`] : []), ...(extra.length > 0 ? [`no contract for ${extra.join(', ')}`] : [])];
    throw new Fault('CONFIGURATION', `contracts and handlers differ: ${parts.join('; ')}`, { missing, extra });
  }

  private listenToEvent(handler: NestHandler): LinkSubscription {
    const { contract, isForEveryInstance } = (handler.extras ?? {}) as HandlerExtras;
    if (contract?.kind !== 'event') throw new Fault('CONFIGURATION', 'an event handler has no contract; use @OnEvent(contract)');
    const queue = isForEveryInstance ? undefined : this.queueGroup;
    return this.options.link.subscribe(contract.subject, (message) => void this.handleOneEvent(contract, handler, message), queue);
  }

  private async handleOneEvent(contract: EventContract, handler: NestHandler, message: Msg): Promise<void> {
    this.eventsUnderWay += 1;
    try {
      const payload = validate(contract.payload, parseStrictJson(message.data), 'event');
      const trace = Trace.parse(message.headers?.get(TRACE_HEADER))?.child() ?? Trace.start();
      const result: unknown = await runWithTrace(trace, () => handler(payload));
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    } catch (error) {
      this.options.log.error('an event was not handled', { event: contract.subject, code: Fault.from(error).code, error });
    }
    this.eventsUnderWay -= 1;
    if (this.eventsUnderWay === 0) this.whenEventsEnd?.();
  }
}

async function drainAll(subscriptions: readonly LinkSubscription[]): Promise<void> {
  await Promise.all(subscriptions.map((subscription) => subscription.drain()));
}
