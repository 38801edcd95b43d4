/** Wiring only: makes the log, the figures, events, wake-ups and buckets injectable everywhere in a service. */
import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { Metrics, type Log } from '@salus/observability';
import { EventPublisher, Events, NatsEvents } from './events';
import { KeyValue } from './key-value';
import { NatsKeyValue } from './key-value.nats';
import type { NatsLink } from './nats-link';
import { NatsWakeBell, WakeBell } from './wake-bell';

/** Injection token of the log: `@Inject(LOG) log: Log`. */
export const LOG = Symbol.for('salus.log');

@Global()
@Module({})
export class MessagingModule {
  /** For a process that holds a link. */
  static forService(options: { readonly link: NatsLink; readonly log: Log; readonly metrics: Metrics }): DynamicModule {
    const { link, log, metrics } = options;
    const providers: Provider[] = [
      { provide: LOG, useValue: log },
      { provide: Metrics, useValue: metrics },
      { provide: Events, useValue: new NatsEvents(link, log) },
      { provide: EventPublisher, useExisting: Events },
      { provide: WakeBell, useValue: new NatsWakeBell(link) },
      { provide: KeyValue, useValue: new NatsKeyValue(link, log) },
    ];
    return { module: MessagingModule, providers, exports: [LOG, Metrics, Events, EventPublisher, WakeBell, KeyValue] };
  }
}
