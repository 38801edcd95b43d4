/**
 * A small service over which this room's own suites and benchmark run. Started as a program, it serves with the settings in
 * the environment (`ECHO_NATS_URL`, `ECHO_USER`, `ECHO_PASSWORD`) and writes its log to standard output.
 * It carries the name of a service of the platform, since the accounts let clients reach those only.
 */
import { defineEvent, defineOperation } from '@salus/contracts';
import { bytes, modelId } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { currentTrace } from '@salus/observability';
import { Controller, Module } from '@nestjs/common';
import { of } from 'rxjs';
import { z } from 'zod';
import { OnEvent, Operation } from './operation.decorator';
import type { RequestContext } from './request-context';
import { runService } from './service';

export const ECHO_SERVICE = 'diagnosis';

export const echo = defineOperation({
  subject: `${ECHO_SERVICE}.v1.echo`,
  summary: 'Gives back what came.',
  request: z.strictObject({ text: z.string(), numbers: z.array(z.number()).optional() }),
  reply: z.strictObject({ text: z.string(), numbers: z.array(z.number()).optional() }),
  example: { request: { text: 'a' }, reply: { text: 'a' } },
  idempotent: true,
  maxRequestBytes: 8 << 20,
  concurrency: 256,
  waiting: 4_096,
});

export const whoAmI = defineOperation({
  subject: `${ECHO_SERVICE}.v1.who-am-i.{model}`,
  summary: 'Tells what the service knows of the request.',
  request: z.strictObject({}),
  reply: z.strictObject({
    caller: z.unknown(), model: z.string(), deadline: z.number().nullable(), idempotencyKey: z.string().nullable(), traceparent: z.string(), currentTraceId: z.string(),
  }),
  example: { request: {}, reply: { caller: { kind: 'internal' }, model: 'a', deadline: null, idempotencyKey: null, traceparent: '', currentTraceId: '' } },
});

export const hold = defineOperation({
  subject: `${ECHO_SERVICE}.v1.hold`,
  summary: 'Answers when it is released by the event, or when its signal aborts.',
  request: z.strictObject({ text: z.string() }),
  reply: z.strictObject({ text: z.string() }),
  example: { request: { text: 'a' }, reply: { text: 'a' } },
  concurrency: 2,
  waiting: 3,
});

export const holdMany = defineOperation({ ...hold, subject: `${ECHO_SERVICE}.v1.hold-many`, concurrency: 1_000, waiting: 0, timeoutMs: 30_000, idempotent: true });

export const misbehave = defineOperation({
  subject: `${ECHO_SERVICE}.v1.misbehave.{model}`,
  summary: 'Fails in the way that the last token names.',
  request: z.strictObject({ text: z.string().optional() }),
  reply: z.unknown(),
  example: { request: {}, reply: null },
});

export const upload = defineOperation({
  subject: `${ECHO_SERVICE}.v1.upload`,
  summary: 'Counts bytes.',
  request: z.strictObject({ name: z.string(), model: modelId.optional(), data: bytes }),
  reply: z.strictObject({ name: z.string(), length: z.number(), first: z.number() }),
  example: { request: { name: 'a', data: 'AQID' }, reply: { name: 'a', length: 3, first: 1 } },
  bytesField: 'data',
});

export const released = defineEvent({
  subject: `event.${ECHO_SERVICE}.v1.released`,
  summary: 'What is held may go.',
  payload: z.strictObject({ reason: z.string() }),
  example: { reason: 'test' },
});

@Controller()
export class EchoController {
  private readonly held = new Set<() => void>();

  @Operation(echo)
  echo(request: z.output<typeof echo.request>): z.output<typeof echo.reply> {
    return request;
  }

  @Operation(whoAmI)
  whoAmI(_request: object, context: RequestContext): z.output<typeof whoAmI.reply> {
    const { caller, model, deadline, idempotencyKey, traceparent } = context;
    return { caller, model: model ?? '', deadline: deadline ?? null, idempotencyKey: idempotencyKey ?? null, traceparent, currentTraceId: currentTrace()?.traceId ?? '' };
  }

  @Operation(hold)
  async hold(request: { text: string }, context: RequestContext): Promise<{ text: string }> {
    await new Promise<void>((resolve, reject) => {
      this.held.add(resolve);
      context.signal.addEventListener('abort', () => reject(new Fault('CANCELLED', 'the deadline passed')), { once: true });
      if (request.text === 'until the service stops') context.stopping.addEventListener('abort', () => resolve(), { once: true });
    });
    return request;
  }

  @Operation(holdMany)
  holdMany(request: { text: string }, context: RequestContext): Promise<{ text: string }> {
    return this.hold(request, context);
  }

  @Operation(misbehave)
  misbehave(_request: { text?: string }, context: RequestContext): unknown {
    switch (context.model) {
      case 'nan':
        return { value: Number.NaN, other: null };
      case 'undefined':
        return undefined;
      case 'big':
        return { text: 'x'.repeat(9 << 20) };
      case 'secret':
        throw new Error(`duplicate key (patient)=(${_request.text})`);
      case 'fault':
        throw new Fault('NOT_FOUND', 'no such thing\r\nX: y', { id: 7 });
      case 'observable':
        return of(1, 2, 3);
      case 'bigint':
        return { value: 1n };
      case 'cycle': {
        const cycle: { self?: unknown } = {};
        cycle.self = cycle;
        return cycle;
      }
      default:
        throw new Fault('UNKNOWN_MODEL', 'no such way to fail');
    }
  }

  @Operation(upload)
  upload(request: z.output<typeof upload.request>): z.output<typeof upload.reply> {
    return { name: request.name, length: request.data.length, first: request.data[0] ?? -1 };
  }

  @OnEvent(released, { isForEveryInstance: true })
  release(): void {
    for (const resolve of this.held) resolve();
    this.held.clear();
  }
}

@Module({ controllers: [EchoController] })
export class EchoModule {}

if (require.main === module) {
  void runService({
    module: EchoModule, name: ECHO_SERVICE, version: '1.0.0', description: 'Gives back what came.',
    config: { natsUrl: process.env.ECHO_NATS_URL ?? '', natsUser: process.env.ECHO_USER, natsPassword: process.env.ECHO_PASSWORD, healthPort: 0, logLevel: process.env.ECHO_LOG_LEVEL === 'info' ? 'info' : 'debug' },
  });
}
