/**
 * Answers service discovery: `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS`, each also with `.<name>` and `.<name>.<id>`
 * (NATS ADR-32, types io.nats.micro.v1.*). INFO carries the JSON Schemas of request and reply of each endpoint.
 */
import { nuid } from '@nats-io/transport-node';
import { z } from 'zod';
import type { Endpoint } from './endpoint';
import type { LinkSubscription, NatsLink } from './nats-link';

export interface ServiceIdentity {
  readonly name: string;
  /** Semantic version. */
  readonly version: string;
  readonly description: string;
}

/** ADR-32 allows letters, digits, `-` and `_` in names of endpoints. */
const endpointName = (subject: string): string => subject.replace(/[^A-Za-z0-9_-]+/g, '_').replace(/_$/, '');
const wildcard = (subject: string): string => subject.replace('{model}', '*');
const schemaText = (schema: z.ZodType, io: 'input' | 'output'): string => JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));

export class Discovery {
  readonly id = nuid.next();
  private readonly startedAt = new Date().toISOString();
  private info?: string;

  constructor(
    private readonly service: ServiceIdentity,
    private readonly queueGroup: string,
    private readonly endpoints: () => Endpoint[],
  ) {}

  /** Starts answering. */
  start(link: NatsLink): LinkSubscription[] {
    const bodies = { PING: () => this.ping(), INFO: () => this.infoText(), STATS: () => this.stats() };
    const { name } = this.service;
    return Object.entries(bodies).flatMap(([verb, body]) =>
      [`$SRV.${verb}`, `$SRV.${verb}.${name}`, `$SRV.${verb}.${name}.${this.id}`].map((subject) => link.subscribe(subject, (message) => void message.respond(body()))),
    );
  }

  private get base(): object {
    return { name: this.service.name, id: this.id, version: this.service.version, metadata: {} };
  }

  private ping(): string {
    return JSON.stringify({ type: 'io.nats.micro.v1.ping_response', ...this.base });
  }

  private infoText(): string {
    this.info ??= JSON.stringify({
      type: 'io.nats.micro.v1.info_response',
      ...this.base,
      description: this.service.description,
      endpoints: this.endpoints().map(({ operation }) => ({
        name: endpointName(operation.subject),
        subject: wildcard(operation.subject),
        queue_group: this.queueGroup,
        metadata: {
          summary: operation.summary,
          request: schemaText(operation.request, 'input'),
          reply: schemaText(operation.reply, 'output'),
          idempotent: String(operation.idempotent),
          max_request_bytes: String(operation.maxRequestBytes),
        },
      })),
    });
    return this.info;
  }

  private stats(): string {
    return JSON.stringify({
      type: 'io.nats.micro.v1.stats_response',
      ...this.base,
      started: this.startedAt,
      endpoints: this.endpoints().map((endpoint) => ({
        name: endpointName(endpoint.operation.subject),
        subject: wildcard(endpoint.operation.subject),
        queue_group: this.queueGroup,
        num_requests: endpoint.requests,
        num_errors: endpoint.errors,
        last_error: endpoint.lastError,
        processing_time: endpoint.processingTimeNs,
        average_processing_time: endpoint.requests === 0 ? 0 : Math.round(endpoint.processingTimeNs / endpoint.requests),
      })),
    });
  }
}
