/**
 * The side of the jobs that clients see: ask for one, follow it, list, cancel. It is also where every change made in this process
 * is announced: to those who wait, to the service (which publishes the event) and, when there is work or an end, to the workers.
 */
import { randomUUID } from 'node:crypto';
import { isEnded, type JobContract, type JobState, type JobView } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { Trace, currentTrace, runWithTrace } from '@salus/observability';
import type { z } from 'zod';
import { type JobRecord, viewOf } from './job-record';
import type { JobCounts, JobStore } from './job.store';
import { JobWaiters } from './job-waiters';
import { storableText } from './storable';

/** Wakes the workers of all instances; a ring may be lost, which costs one poll. `WakeBell` of messaging fits with the service bound. */
export interface JobBell {
  ring(): void;
  /** Returns what ends the listening. */
  onRing(listener: () => void): () => void;
}

export interface JobQueueOptions {
  readonly store: JobStore;
  /** Name of the service that owns the jobs. */
  readonly service: string;
  readonly bell?: JobBell;
  /** Called for every change that this process made, such as to publish it; what it throws is dropped. */
  readonly onChange?: (view: JobView) => void | Promise<void>;
  /** How often to look for changes made elsewhere while somebody waits, in milliseconds; 250 if left out. */
  readonly pollMs?: number;
}

export interface EnqueueOptions {
  /** The model that the job is for; jobs of different models take turns. */
  readonly model: string | null;
  /** The same key of the same caller means the same job; 1 to 256 characters. */
  readonly idempotencyKey?: string;
  /** Who asks; `internal` if left out. */
  readonly caller?: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_KEY_LENGTH = 256;

export class JobQueue {
  readonly store: JobStore;
  readonly service: string;
  private readonly waiters: JobWaiters;
  private readonly silence: (() => void) | undefined;
  private readonly followed = new WeakSet<AbortSignal>();

  constructor(private readonly options: JobQueueOptions) {
    this.store = options.store;
    this.service = options.service;
    this.waiters = new JobWaiters(options.store, options.pollMs ?? 250);
    this.silence = options.bell?.onRing(() => void this.waiters.look());
  }

  /**
   * Stores a job. The same idempotency key with the same input gives the job that is there already.
   *
   * @param input what the contract takes; it is stored as given and read by the contract again in the job
   * @throws Fault INVALID_REQUEST when the input does not fit the contract or cannot be stored, CONFLICT when the key was used for
   * another input or model
   */
  async enqueue<Input extends z.ZodType>(contract: JobContract<Input>, input: z.input<Input>, options: EnqueueOptions): Promise<JobView> {
    const stored = storableInput(contract, input);
    const { record, isNew } = await this.store.enqueue({
      id: randomUUID(),
      name: contract.name,
      model: options.model,
      caller: options.caller ?? 'internal',
      idempotencyKey: checkedKey(options.idempotencyKey),
      input: stored,
      traceparent: currentTrace()?.toString() ?? null,
      maxAttempts: contract.maxAttempts,
      timeoutMs: contract.timeoutMs,
    });
    if (isNew) this.announce(record);
    return viewOf(record, this.service);
  }

  /**
   * One job. With afterRevision it waits until the job has a newer one, has ended, or waitMs is over.
   *
   * @param options.stopping aborted when the service stops: every wait then ends with the job as it is
   * @throws Fault NOT_FOUND
   */
  async get(id: string, options: { readonly afterRevision?: number; readonly waitMs?: number; readonly stopping?: AbortSignal } = {}): Promise<JobView> {
    const { afterRevision, waitMs = 0, stopping } = options;
    const record = await this.record(id);
    this.endWaitsOn(stopping);
    if (stopping?.aborted) return viewOf(record, this.service);
    if (afterRevision === undefined || waitMs <= 0 || record.revision > afterRevision || isEnded(record.state)) return viewOf(record, this.service);
    const changed = await this.waiters.wait(id, afterRevision, waitMs);
    return viewOf(changed ?? (await this.record(id)), this.service);
  }

  /** Jobs, newest first; at most 500. */
  async list(filter: { readonly model?: string; readonly state?: JobState; readonly limit?: number } = {}): Promise<JobView[]> {
    const limit = Math.min(Math.max(filter.limit ?? 50, 1), 500);
    return (await this.store.list({ ...filter, limit })).map((record) => viewOf(record, this.service));
  }

  /**
   * Cancels a job; one that has ended stays as it is. The process of a running one ends when its worker learns of it, and nothing
   * that it still does is kept.
   *
   * @throws Fault NOT_FOUND
   */
  async cancel(id: string): Promise<JobView> {
    const cancelled = UUID.test(id) ? await this.store.cancel(id) : undefined;
    if (!cancelled) throw noSuchJob(id);
    if (cancelled.isChanged) this.announce(cancelled.record);
    return viewOf(cancelled.record, this.service);
  }

  /** How many jobs wait and run, for the metrics. */
  counts(): Promise<JobCounts> {
    return this.store.counts();
  }

  /** Tells of a change that this process made. */
  announce(record: JobRecord): void {
    this.waiters.offer(record);
    const view = viewOf(record, this.service);
    const trace = Trace.parse(record.traceparent ?? undefined)?.child();
    const tell = async (): Promise<void> => this.options.onChange?.(view);
    void (trace ? runWithTrace(trace, tell) : tell()).catch(() => undefined);
    if (record.state === 'queued' || isEnded(record.state)) this.options.bell?.ring();
  }

  /** Ends all waiting. */
  close(): void {
    this.silence?.();
    this.waiters.close();
  }

  /** One listener for a signal, however many requests bring it. */
  private endWaitsOn(stopping: AbortSignal | undefined): void {
    if (!stopping || this.followed.has(stopping)) return;
    this.followed.add(stopping);
    stopping.addEventListener('abort', () => this.waiters.close(), { once: true });
  }

  private async record(id: string): Promise<JobRecord> {
    const record = UUID.test(id) ? await this.store.find(id) : undefined;
    if (!record) throw noSuchJob(id);
    return record;
  }
}

function storableInput(contract: JobContract, input: unknown): unknown {
  // Through JSON first: a value that JSON turns into another one (NaN into null) must be refused by the contract, not stored.
  const stored: unknown = JSON.parse(storableText(input, `the input of ${contract.name}`));
  const parsed = contract.input.safeParse(stored);
  if (parsed.success) return stored;
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new Fault('INVALID_REQUEST', `the input of ${contract.name} does not fit its contract: ${issues[0].path} ${issues[0].message}`, { issues });
}

function checkedKey(key: string | undefined): string | null {
  if (key === undefined) return null;
  if (key.length === 0 || key.length > MAX_KEY_LENGTH) throw new Fault('INVALID_REQUEST', `an idempotency key has 1 to ${MAX_KEY_LENGTH} characters, received ${key.length}`);
  storableText(key, 'the idempotency key');
  return key;
}

function noSuchJob(id: string): Fault {
  return new Fault('NOT_FOUND', 'there is no such job', UUID.test(id) ? { jobId: id } : {});
}
