/**
 * What an operation, an event and a job are: plain objects with a schema and an example. The service validates by them,
 * the client is typed by them, and AsyncAPI and the tables in docs/generated are made from them by a folder scan.
 */
import type { FaultCode } from '@salus/fault';
import type { z } from 'zod';

/** One request and its reply. `{model}` as the last token of a subject stands for a model id. */
export interface Operation<Req extends z.ZodType = z.ZodType, Rep extends z.ZodType = z.ZodType> {
  readonly kind: 'operation';
  /** `<service>.v1.<verb-noun>` or `<service>.v1.<verb>.{model}` */
  readonly subject: string;
  readonly summary: string;
  readonly request: Req;
  readonly reply: Rep;
  readonly example: { readonly request: z.input<Req>; readonly reply: z.input<Rep> };
  /** Whether sending the same request twice has the effect of sending it once; only then does a client retry by itself. */
  readonly idempotent: boolean;
  /** Largest body taken, in bytes. */
  readonly maxRequestBytes: number;
  /** How many requests of this operation one instance works on at a time. */
  readonly concurrency: number;
  /** How many more may wait for their turn before OVERLOADED. */
  readonly waiting: number;
  /** Default time a client waits for the reply, in milliseconds. */
  readonly timeoutMs: number;
  /** Name of the request field that a raw body (`Content-Type: application/octet-stream`) fills; the other fields then come as JSON in the `Salus-Args` header. */
  readonly bytesField?: string;
  /** Codes a client must expect beside those that every operation can give. */
  readonly faults: readonly FaultCode[];
}

type OperationInput<Req extends z.ZodType, Rep extends z.ZodType> = Pick<Operation<Req, Rep>, 'subject' | 'summary' | 'request' | 'reply' | 'example'> &
  Partial<Pick<Operation, 'idempotent' | 'maxRequestBytes' | 'concurrency' | 'waiting' | 'timeoutMs' | 'bytesField' | 'faults'>>;

/** Defines an operation; what is left out gets the defaults below. */
export function defineOperation<Req extends z.ZodType, Rep extends z.ZodType>(input: OperationInput<Req, Rep>): Operation<Req, Rep> {
  return { kind: 'operation', idempotent: false, maxRequestBytes: 1 << 20, concurrency: 64, waiting: 1024, timeoutMs: 5_000, faults: [], ...input };
}

/** Something that happened; it is told at most once and starts no work. Subject: `event.<service>.v1.<past-tense>`. */
export interface EventContract<Payload extends z.ZodType = z.ZodType> {
  readonly kind: 'event';
  readonly subject: string;
  readonly summary: string;
  readonly payload: Payload;
  readonly example: z.input<Payload>;
}

export function defineEvent<Payload extends z.ZodType>(input: Omit<EventContract<Payload>, 'kind'>): EventContract<Payload> {
  return { kind: 'event', ...input };
}

/** Durable work of one service: claimed by one worker at a time, run in a child process, ended exactly once. */
export interface JobContract<Input extends z.ZodType = z.ZodType, Result extends z.ZodType = z.ZodType> {
  readonly kind: 'job';
  readonly service: string;
  /** Verb-noun, unique within the service. */
  readonly name: string;
  readonly summary: string;
  readonly input: Input;
  readonly result: Result;
  readonly example: { readonly input: z.input<Input>; readonly result: z.input<Result> };
  /** How often it is tried before it is a dead letter. */
  readonly maxAttempts: number;
  /** Longest a single attempt may run, in milliseconds. */
  readonly timeoutMs: number;
}

type JobInput<Input extends z.ZodType, Result extends z.ZodType> = Omit<JobContract<Input, Result>, 'kind' | 'maxAttempts' | 'timeoutMs'> &
  Partial<Pick<JobContract, 'maxAttempts' | 'timeoutMs'>>;

export function defineJob<Input extends z.ZodType, Result extends z.ZodType>(input: JobInput<Input, Result>): JobContract<Input, Result> {
  return { kind: 'job', maxAttempts: 5, timeoutMs: 3_600_000, ...input };
}

export type Contract = Operation | EventContract | JobContract;
export type RequestOf<O extends Operation> = z.output<O['request']>;
/** What a caller may send: fields with defaults may be left out. */
export type RequestInputOf<O extends Operation> = z.input<O['request']>;
export type ReplyOf<O extends Operation> = z.output<O['reply']>;
export type PayloadOf<E extends EventContract> = z.output<E['payload']>;
export type JobInputOf<J extends JobContract> = z.output<J['input']>;
export type JobResultOf<J extends JobContract> = z.output<J['result']>;

/** First token of an operation's subject: the service that answers it. */
export function serviceOf(operation: Operation): string {
  return operation.subject.split('.')[0];
}

/** The subject to publish to: `{model}` replaced by a model id (`[a-z0-9-]+`). */
export function subjectFor(operation: Operation, model?: string): string {
  return operation.subject.replace('{model}', model ?? '{model}');
}
