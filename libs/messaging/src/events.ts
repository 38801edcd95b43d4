/**
 * Telling what happened, at most once: an event that nobody hears is gone, and so is one told while NATS is away.
 * Nothing that must not be lost rides on events. A payload is validated before it leaves and again where it arrives.
 */
import type { EventContract, PayloadOf } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { Trace, currentTrace, runWithTrace, type Log } from '@salus/observability';
import { headers as natsHeaders, type Msg } from '@nats-io/transport-node';
import type { z } from 'zod';
import type { NatsLink } from './nats-link';
import { TRACE_HEADER } from './request-context';
import { encodeJson, parseStrictJson } from './strict-json';
import { validate } from './validate';

/** Tells events. */
export abstract class EventPublisher {
  /** @throws Fault INVALID_REQUEST when the payload does not fit; never because nobody hears */
  abstract publish<E extends EventContract>(contract: E, payload: z.input<E['payload']>): void;
}

/** Tells and hears events. */
export abstract class Events extends EventPublisher {
  /** Every listener hears every event told after this returns (and reached the server). Returns what ends it. */
  abstract subscribe<E extends EventContract>(contract: E, listener: (payload: PayloadOf<E>) => void): () => void;
}

/** The text of an event, after its payload was checked as the hearer will check it. */
function encodeEvent(contract: EventContract, payload: unknown): string {
  const text = encodeJson(payload, 'event');
  validate(contract.payload, JSON.parse(text), 'event');
  return text;
}

export class NatsEvents extends Events {
  constructor(
    private readonly link: NatsLink,
    private readonly log: Log,
  ) {
    super();
  }

  override publish<E extends EventContract>(contract: E, payload: z.input<E['payload']>): void {
    const text = encodeEvent(contract, payload);
    const trace = currentTrace();
    const headers = trace ? natsHeaders() : undefined;
    if (headers && trace) headers.set(TRACE_HEADER, trace.child().toString());
    if (!this.link.publish(contract.subject, text, { headers })) this.log.debug('an event was told to nobody: no connection', { event: contract.subject });
  }

  override subscribe<E extends EventContract>(contract: E, listener: (payload: PayloadOf<E>) => void): () => void {
    const subscription = this.link.subscribe(contract.subject, (message) => this.hear(contract, message, listener));
    return () => subscription.end();
  }

  private hear<E extends EventContract>(contract: E, message: Msg, listener: (payload: PayloadOf<E>) => void): void {
    try {
      const payload = validate(contract.payload, parseStrictJson(message.data), 'event') as PayloadOf<E>;
      runWithTrace(Trace.parse(message.headers?.get(TRACE_HEADER))?.child() ?? Trace.start(), () => listener(payload));
    } catch (error) {
      this.log.error('an event was not handled', { event: contract.subject, code: Fault.from(error).code, error });
    }
  }
}

/** The twin inside one process; listeners hear after the current turn, as they would over a network. */
export class MemoryEvents extends Events {
  private readonly listeners = new Map<string, Set<(text: string) => void>>();

  override publish<E extends EventContract>(contract: E, payload: z.input<E['payload']>): void {
    const text = encodeEvent(contract, payload);
    for (const listener of this.listeners.get(contract.subject) ?? []) setImmediate(listener, text);
  }

  override subscribe<E extends EventContract>(contract: E, listener: (payload: PayloadOf<E>) => void): () => void {
    const hear = (text: string): void => {
      if (this.listeners.get(contract.subject)?.has(hear)) listener(validate(contract.payload, JSON.parse(text), 'event') as PayloadOf<E>);
    };
    const listeners = this.listeners.get(contract.subject) ?? new Set();
    this.listeners.set(contract.subject, listeners.add(hear));
    return () => void listeners.delete(hear);
  }
}
