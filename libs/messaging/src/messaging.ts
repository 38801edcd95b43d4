/** Events, wake-ups and buckets for a process that answers no requests, such as the child process of a job. */
import { Fault } from '@salus/fault';
import type { Log } from '@salus/observability';
import { NatsEvents, type Events } from './events';
import type { KeyValue } from './key-value';
import { NatsKeyValue } from './key-value.nats';
import { NatsLink, type LinkOptions } from './nats-link';
import { NatsWakeBell, type WakeBell } from './wake-bell';

export interface Messaging {
  readonly events: Events;
  readonly wakeBell: WakeBell;
  readonly keyValue: KeyValue;
  /** Sends what is buffered and disconnects. */
  close(): Promise<void>;
}

/** Starts connecting and returns at once; what is told before the connection stands is lost, as events may be. */
export function openMessaging(options: LinkOptions & { readonly log: Log }): Messaging {
  const { log } = options;
  const link = new NatsLink(options, log);
  link.connected().catch((error: unknown) => {
    if (Fault.from(error).code !== 'CANCELLED') log.error('this process stays without NATS', { error });
  });
  return { events: new NatsEvents(link, log), wakeBell: new NatsWakeBell(link), keyValue: new NatsKeyValue(link, log), close: () => link.close() };
}
