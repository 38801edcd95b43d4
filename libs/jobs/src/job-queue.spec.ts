import { defineJob, type JobView } from '@salus/contracts';
import { z } from 'zod';
import { type JobBell, JobQueue, MemoryJobStore } from './index';

const contract = defineJob({
  service: 'training',
  name: 'train-model',
  summary: 'Fits.',
  input: z.strictObject({ rows: z.number(), seed: z.int().default(1) }),
  result: z.strictObject({ version: z.int() }),
  example: { input: { rows: 1 }, result: { version: 1 } },
});
const UNKNOWN = '0f8fad5b-d9cb-469f-a165-70867728950e';

class CountingBell implements JobBell {
  rings = 0;
  private readonly listeners = new Set<() => void>();

  ring(): void {
    this.rings += 1;
    this.listeners.forEach((listener) => listener());
  }

  onRing(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

describe('JobQueue', () => {
  let store: MemoryJobStore;
  let bell: CountingBell;
  let queue: JobQueue;
  let changes: JobView[];

  beforeEach(() => {
    store = new MemoryJobStore();
    bell = new CountingBell();
    changes = [];
    queue = new JobQueue({ store, service: 'training', bell, pollMs: 5, onChange: (view) => void changes.push(view) });
  });

  afterEach(() => queue.close());

  const enqueue = (rows = 7, options: { idempotencyKey?: string; caller?: string } = {}) => queue.enqueue(contract, { rows }, { model: 'blood-pressure', ...options });
  const claim = () => store.claim({ worker: 'w', leaseMs: 60_000, names: [contract.name] });

  it('gives the view of a job, rings once and tells of it', async () => {
    const view = await enqueue();
    expect(view).toMatchObject({ service: 'training', name: 'train-model', model: 'blood-pressure', state: 'queued', attempt: 0, maxAttempts: 5, revision: 1 });
    expect(changes).toEqual([view]);
    expect(bell.rings).toBe(1);
    expect(await queue.get(view.id)).toEqual(view);
  });

  it('ends every wait with the job as it is when the service stops, and takes no new wait', async () => {
    const { id, revision } = await enqueue();
    const stop = new AbortController();
    const waiting = [1, 2, 3].map(() => queue.get(id, { afterRevision: revision, waitMs: 600_000, stopping: stop.signal }));
    await new Promise(setImmediate);
    stop.abort();
    for (const view of await Promise.all(waiting)) expect(view.revision).toBe(revision);
    expect((await queue.get(id, { afterRevision: revision, waitMs: 600_000, stopping: stop.signal })).revision).toBe(revision);
  });

  it('tells nothing and rings for nobody when the same request comes again', async () => {
    const first = await enqueue(7, { idempotencyKey: 'k' });
    expect((await enqueue(7, { idempotencyKey: 'k' })).id).toBe(first.id);
    await expect(enqueue(8, { idempotencyKey: 'k' })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect([changes.length, bell.rings]).toEqual([1, 1]);
  });

  it.each([
    ['a wrong type', { rows: 'seven' }],
    ['an unknown field', { rows: 7, extra: 1 }],
    ['NaN, which JSON would turn into null', { rows: Number.NaN }],
    ['nothing', undefined],
    ['a text that cannot be stored', { rows: '\u0000' }],
  ])('refuses %s as input', async (_, input) => {
    await expect(queue.enqueue(contract, input as { rows: number }, { model: null })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await queue.list()).toEqual([]);
  });

  it('refuses an idempotency key that is empty or too long', async () => {
    for (const idempotencyKey of ['', 'k'.repeat(257), '\u0000']) await expect(enqueue(7, { idempotencyKey })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('stores the input as given and leaves defaults to the job', async () => {
    const { id } = await enqueue();
    expect((await store.find(id))?.input).toEqual({ rows: 7 });
  });

  it('answers NOT_FOUND for what is no job, also for what is no id', async () => {
    for (const id of [UNKNOWN, "'; DROP TABLE job; --", '']) {
      await expect(queue.get(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(queue.cancel(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('waits for the next change and gives it', async () => {
    const { id, revision } = await enqueue();
    const waiting = queue.get(id, { afterRevision: revision, waitMs: 30_000 });
    await queue.cancel(id);
    expect(await waiting).toMatchObject({ state: 'cancelled', revision: 2 });
  });

  it('finds a change that another process made', async () => {
    const { id, revision } = await enqueue();
    const waiting = queue.get(id, { afterRevision: revision, waitMs: 30_000 });
    await claim();
    expect(await waiting).toMatchObject({ state: 'running', revision: 2 });
  });

  it('gives the job as it is when the wait is over, and at once when nothing can come', async () => {
    const view = await enqueue();
    expect(await queue.get(view.id, { afterRevision: 1, waitMs: 1 })).toEqual(view);
    expect(await queue.get(view.id, { afterRevision: 0, waitMs: 30_000 })).toEqual(view);
    const cancelled = await queue.cancel(view.id);
    expect(await queue.get(view.id, { afterRevision: cancelled.revision, waitMs: 30_000 })).toEqual(cancelled);
  });

  it('looks once for 1,000 who wait, and answers all of them', async () => {
    let looks = 0;
    const changedSince = store.changedSince.bind(store);
    store.changedSince = (known) => ((looks += 1), changedSince(known));
    const jobs = await Promise.all(Array.from({ length: 100 }, () => enqueue()));
    const waiting = jobs.flatMap(({ id }) => Array.from({ length: 10 }, () => queue.get(id, { afterRevision: 1, waitMs: 30_000 })));
    await new Promise((resolve) => setImmediate(resolve));
    for (let at = 0; at < 100; at += 1) await claim();
    looks = 0;
    bell.ring();
    const views = await Promise.all(waiting);
    expect(views.every(({ state }) => state === 'running')).toBe(true);
    expect(looks).toBe(1);
  });

  it('lets those who wait go when it closes', async () => {
    const view = await enqueue();
    const waiting = queue.get(view.id, { afterRevision: 1, waitMs: 30_000 });
    await new Promise((resolve) => setImmediate(resolve));
    queue.close();
    expect(await waiting).toEqual(view);
  });

  it('goes on when the listener of changes throws', async () => {
    const broken = new JobQueue({
      store,
      service: 'training',
      onChange: () => {
        throw new Error('no NATS');
      },
    });
    await expect(broken.enqueue(contract, { rows: 1 }, { model: null })).resolves.toMatchObject({ state: 'queued' });
    broken.close();
  });

  it('lists at most 500 and counts', async () => {
    await enqueue();
    await enqueue();
    await claim();
    expect(await queue.list({ limit: 1_000_000 })).toHaveLength(2);
    expect(await queue.list({ state: 'running' })).toHaveLength(1);
    expect(await queue.counts()).toEqual({ queued: 1, running: 1 });
  });
});
