/** What every job store holds to; run it over each twin. */
import { randomUUID } from 'node:crypto';
import type { JobRecord, NewJob } from './job-record';
import type { JobStore } from './job.store';

export interface JobStoreUnderTest {
  readonly store: JobStore;
  /** Lets a job's lease be over and its backoff pass. */
  expire(id: string): Promise<void>;
  close?(): Promise<void>;
}

const FAILURE = { code: 'UNAVAILABLE', message: 'the disk is full', details: { freeBytes: 0 } };

/**
 * Registers the suite.
 *
 * @param name name of the implementation, printed with every test
 * @param open opens a store that this suite alone uses
 */
export function jobStoreConformance(name: string, open: () => Promise<JobStoreUnderTest>): void {
  describe(`job store: ${name}`, () => {
    let under: JobStoreUnderTest;
    let store: JobStore;
    let jobName = '';

    beforeAll(async () => {
      under = await open();
      store = under.store;
    }, 60_000);

    afterAll(() => under?.close?.());

    // Each test has a job name of its own, so that what another left queued is not claimed here.
    beforeEach(() => {
      jobName = `job-${randomUUID()}`;
    });

    const newJob = (change: Partial<NewJob> = {}): NewJob => ({
      id: randomUUID(), name: jobName, model: 'blood-pressure', caller: 'clinic', idempotencyKey: null, input: { rows: 7 }, traceparent: null, maxAttempts: 3, timeoutMs: 60_000, ...change,
    });
    const enqueue = async (change: Partial<NewJob> = {}): Promise<JobRecord> => (await store.enqueue(newJob(change))).record;
    const claim = (leaseMs = 60_000): Promise<JobRecord | undefined> => store.claim({ worker: 'w', leaseMs, names: [jobName] });
    const claimed = async (change: Partial<NewJob> = {}): Promise<JobRecord> => {
      await enqueue(change);
      return (await claim())!;
    };

    it('gives back a job as it was stored', async () => {
      const job = newJob({ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', input: { list: [1, null, 'ü "quoted" \\u0000'], nested: { deep: true } } });
      const { record, isNew } = await store.enqueue(job);
      expect(isNew).toBe(true);
      expect(record).toMatchObject({ ...job, state: 'queued', revision: 1, attempt: 0, tries: 0, result: null, failure: null, startedAt: null, endedAt: null });
      expect(await store.find(job.id)).toEqual(record);
      expect(await store.find(randomUUID())).toBeUndefined();
    });

    it('makes one job of 50 requests with one idempotency key', async () => {
      const made = await Promise.all(Array.from({ length: 50 }, () => store.enqueue(newJob({ idempotencyKey: 'same' }))));
      expect(new Set(made.map(({ record }) => record.id)).size).toBe(1);
      expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
    });

    it('compares the input of a known key by value, not by the order of its fields', async () => {
      const first = await enqueue({ idempotencyKey: 'k', input: { a: 1, b: [2] } });
      expect((await enqueue({ idempotencyKey: 'k', input: { b: [2], a: 1 } })).id).toBe(first.id);
      await expect(enqueue({ idempotencyKey: 'k', input: { a: 1, b: [3] } })).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(enqueue({ idempotencyKey: 'k', input: { a: 1, b: [2] }, model: 'other' })).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    it('keeps keys of different callers apart, and jobs without a key', async () => {
      const jobs = [
        await enqueue({ idempotencyKey: 'k2', caller: 'clinic' }),
        await enqueue({ idempotencyKey: 'k2', caller: 'laboratory' }),
        await enqueue(),
        await enqueue(),
      ];
      expect(new Set(jobs.map(({ id }) => id)).size).toBe(4);
    });

    it('claims each job once, and nothing when there is nothing', async () => {
      expect(await claim()).toBeUndefined();
      const job = await enqueue();
      const record = await claim();
      expect(record).toMatchObject({ id: job.id, state: 'running', attempt: 1, tries: 1, revision: 2, worker: 'w' });
      expect(record?.startedAt).not.toBeNull();
      expect(await claim()).toBeUndefined();
    });

    it('never gives one job to two claims at once', async () => {
      await Promise.all(Array.from({ length: 20 }, () => enqueue()));
      const ids = (await Promise.all(Array.from({ length: 30 }, () => claim()))).flatMap((record) => record?.id ?? []);
      const late = [];
      for (let record = await claim(); record; record = await claim()) late.push(record.id);
      expect(new Set([...ids, ...late]).size).toBe(20);
      expect(ids.length + late.length).toBe(20);
    });

    it('takes turns between models, so that a lone job does not wait for many of another', async () => {
      const [many, lone] = [`m-${randomUUID()}`, `m-${randomUUID()}`];
      for (let at = 0; at < 30; at += 1) await enqueue({ model: many });
      expect((await claim())?.model).toBe(many);
      const job = await enqueue({ model: lone });
      expect((await claim())?.id).toBe(job.id);
      expect((await claim())?.model).toBe(many);
    });

    it('takes the jobs of one model in their order, and those of no model too', async () => {
      const ids = [(await enqueue({ model: null })).id, (await enqueue({ model: null })).id, (await enqueue({ model: null })).id];
      const order = [await claim(), await claim(), await claim()];
      expect(order.map((record) => record?.id)).toEqual(ids);
      expect(order[0]?.model).toBeNull();
    });

    it('leaves jobs alone whose name the worker does not know', async () => {
      await enqueue({ name: `${jobName}-of-a-newer-version` });
      expect(await claim()).toBeUndefined();
    });

    it('ends a job with its result once, and knows when that was done already', async () => {
      const record = await claimed();
      const ended = await store.commit(record, async () => ({ version: 1 }));
      expect(ended).toMatchObject({ state: 'succeeded', result: { version: 1 }, failure: null, progress: { percent: 100 }, leaseUntil: null });
      expect(ended.endedAt).not.toBeNull();
      expect(await store.commit(record, async () => ({ version: 2 }))).toEqual(ended);
    });

    it('keeps a job running when the work of its commit fails', async () => {
      const record = await claimed();
      const failing = store.commit(record, async () => {
        throw new RangeError('no');
      });
      await expect(failing).rejects.toThrow(RangeError);
      expect(await store.find(record.id)).toMatchObject({ state: 'running', attempt: 1 });
    });

    it('refuses every write of an attempt that another one has followed', async () => {
      const old = await claimed();
      await under.expire(old.id);
      await store.sweep();
      const next = (await claim())!;
      expect(next).toMatchObject({ id: old.id, attempt: 2, tries: 2 });
      await expect(store.commit(old, async () => ({ by: 'old' }))).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(await store.report(old, { percent: 50, phase: 'late' })).toBeUndefined();
      expect(await store.retry(old, FAILURE, 0)).toBeUndefined();
      expect(await store.fail(old, FAILURE)).toBeUndefined();
      expect(await store.release(old)).toBeUndefined();
      expect(await store.renew([old, next], 1_000)).toMatchObject([{ id: next.id, attempt: 2 }]);
      expect((await store.commit(next, async () => ({ by: 'next' }))).result).toEqual({ by: 'next' });
      await expect(store.commit(old, async () => ({ by: 'old' }))).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect((await store.find(old.id))?.result).toEqual({ by: 'next' });
    });

    it('refuses the commit of an attempt that was swept and not claimed again yet', async () => {
      const record = await claimed();
      await under.expire(record.id);
      await store.sweep();
      await expect(store.commit(record, async () => ({}))).rejects.toMatchObject({ code: 'LEASE_LOST' });
    });

    it('sweeps only jobs whose lease is over, and makes a dead letter of the last try', async () => {
      const [fresh, lost] = [await claimed(), await claimed({ maxAttempts: 1 })];
      await under.expire(lost.id);
      const swept = (await store.sweep()).filter(({ name }) => name === jobName);
      expect(swept).toMatchObject([{ id: lost.id, state: 'failed', failure: { code: 'UNAVAILABLE' } }]);
      expect(await store.find(fresh.id)).toMatchObject({ state: 'running' });
    });

    it('does not sweep a lease that was renewed', async () => {
      const record = await claimed();
      await under.expire(record.id);
      expect(await store.renew([record], 60_000)).toHaveLength(1);
      expect((await store.sweep()).map(({ id }) => id)).not.toContain(record.id);
    });

    it('queues a failed attempt again after its pause, with the reason', async () => {
      const record = await claimed();
      expect(await store.retry(record, FAILURE, 3_600_000)).toMatchObject({ state: 'queued', failure: FAILURE, tries: 1, revision: 3 });
      expect(await claim()).toBeUndefined();
      await under.expire(record.id);
      expect(await claim()).toMatchObject({ id: record.id, attempt: 2, tries: 2 });
    });

    it('gives a job back without counting the try, while the fence grows on', async () => {
      const record = await claimed({ maxAttempts: 1 });
      expect(await store.release(record)).toMatchObject({ state: 'queued', tries: 0, attempt: 1 });
      expect(await claim()).toMatchObject({ id: record.id, attempt: 2, tries: 1 });
    });

    it('fails a job for good, with the reason', async () => {
      const record = await claimed();
      expect(await store.fail(record, FAILURE)).toMatchObject({ state: 'failed', failure: FAILURE });
      expect(await claim()).toBeUndefined();
    });

    it('raises the revision with each report', async () => {
      const record = await claimed();
      const progress = { percent: 40, phase: 'reading', metrics: { rows: 200 } };
      expect(await store.report(record, progress)).toMatchObject({ revision: record.revision + 1, progress });
    });

    it('cancels queued and running jobs, and leaves ended ones as they are', async () => {
      const running = await claimed();
      const queued = await enqueue();
      for (const { id } of [running, queued]) expect(await store.cancel(id)).toMatchObject({ isChanged: true, record: { state: 'cancelled', leaseUntil: null } });
      expect(await store.cancel(queued.id)).toMatchObject({ isChanged: false, record: { state: 'cancelled' } });
      await expect(store.commit(running, async () => ({}))).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(await claim()).toBeUndefined();
      const done = await claimed();
      await store.commit(done, async () => ({}));
      expect(await store.cancel(done.id)).toMatchObject({ isChanged: false, record: { state: 'succeeded' } });
      expect(await store.cancel(randomUUID())).toBeUndefined();
    });

    it('lists newest first, by model and state', async () => {
      const model = `m-${randomUUID()}`;
      const ids: string[] = [];
      for (let at = 0; at < 3; at += 1) ids.unshift((await enqueue({ model })).id);
      expect((await store.list({ model, limit: 10 })).map(({ id }) => id)).toEqual(ids);
      expect((await store.list({ model, limit: 2 })).map(({ id }) => id)).toEqual(ids.slice(0, 2));
      await claim();
      expect((await store.list({ model, state: 'running', limit: 10 })).map(({ id }) => id)).toEqual([ids[2]]);
    });

    it('finds those of many jobs that have changed', async () => {
      const jobs = [await enqueue(), await enqueue(), await enqueue()];
      await store.cancel(jobs[1].id);
      expect((await store.changedSince(jobs)).map(({ id }) => id)).toEqual([jobs[1].id]);
      expect(await store.changedSince([])).toEqual([]);
    });

    it('counts what waits and what runs', async () => {
      const before = await store.counts();
      await claimed();
      await enqueue();
      expect(await store.counts()).toEqual({ queued: before.queued + 1, running: before.running + 1 });
    });
  });
}
