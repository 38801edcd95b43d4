import { randomUUID } from 'node:crypto';
import { driftOf, openDatabase, rowsOf } from '@salus/persistence';
import { startPostgres, type PostgresTestServer } from '@salus/testkit';
import type { DataSource } from 'typeorm';
import { MemoryJobStore, PostgresJobStore, jobEntities, jobMigrations } from './index';
import { jobStoreConformance } from './job-store.conformance';

const open = (url: string, service: string): Promise<DataSource> => openDatabase({ url, service, entities: jobEntities, migrations: jobMigrations });

jobStoreConformance('MemoryJobStore', async () => {
  const store = new MemoryJobStore();
  const { jobs } = store as unknown as { jobs: Map<string, object> };
  return { store, expire: async (id) => void jobs.set(id, { ...jobs.get(id), leaseUntil: new Date(0), availableAt: new Date(0) }) };
});

jobStoreConformance('PostgresJobStore', async () => {
  const server = await startPostgres();
  const dataSource = await open(server.url, 'suite');
  return {
    store: new PostgresJobStore(dataSource),
    expire: async (id) => void (await rowsOf(dataSource, "UPDATE job SET lease_until = lease_until - interval '1 day', available_at = '-infinity' WHERE id = $1", [id])),
    close: async () => {
      await dataSource.destroy();
      await server.stop();
    },
  };
});

describe('PostgresJobStore', () => {
  let server: PostgresTestServer;
  let dataSource: DataSource;
  let store: PostgresJobStore;

  beforeAll(async () => {
    server = await startPostgres();
    dataSource = await open(server.url, 'training');
    store = new PostgresJobStore(dataSource);
    await rowsOf(dataSource, 'CREATE TABLE fact (label text)');
  }, 60_000);

  afterAll(async () => {
    await dataSource?.destroy();
    await server?.stop();
  });

  const claimed = async () => {
    await store.enqueue({ id: randomUUID(), name: 'n', model: null, caller: 'c', idempotencyKey: null, input: {}, traceparent: null, maxAttempts: 3, timeoutMs: 1_000 });
    return (await store.claim({ worker: 'w', leaseMs: 60_000, names: ['n'] }))!;
  };
  const labels = async (): Promise<unknown[]> => (await rowsOf<{ label: string }>(dataSource, 'SELECT label FROM fact')).map(({ label }) => label);

  it('has migrations that make what its entities say', async () => {
    expect(await driftOf(dataSource)).toEqual([]);
  });

  it('stores the facts of a commit with the end of the job or not at all', async () => {
    const record = await claimed();
    const failing = store.commit(record, async (transaction) => {
      await rowsOf(transaction, "INSERT INTO fact VALUES ('half')");
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(await labels()).toEqual([]);
    await store.commit(record, async (transaction) => {
      await rowsOf(transaction, "INSERT INTO fact VALUES ('whole')");
      return {};
    });
    expect(await labels()).toEqual(['whole']);
  });

  it('lets renew, report, sweep and claim pass a job by that is in its commit, without waiting and without losing it', async () => {
    const record = await claimed();
    await store.commit(record, async () => {
      await rowsOf(dataSource, 'SELECT 1');
      expect(await store.renew([record], 60_000)).toHaveLength(1);
      expect(await store.report(record, { percent: 1, phase: 'p' })).toBeUndefined();
      expect(await store.sweep()).toEqual([]);
      expect(await store.claim({ worker: 'other', leaseMs: 1_000, names: ['n'] })).toBeUndefined();
      return {};
    });
    expect(await store.find(record.id)).toMatchObject({ state: 'succeeded' });
  });

  it('refuses what jsonb cannot hold with a typed fault', async () => {
    const job = { id: randomUUID(), name: 'n', model: null, caller: 'c', idempotencyKey: null, traceparent: null, maxAttempts: 3, timeoutMs: 1_000 };
    for (const text of ['nul \u0000', 'half \ud800']) await expect(store.enqueue({ ...job, input: { text } })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('gives an early turn to a lone model behind 1,000 jobs of another, with three workers', async () => {
    await rowsOf(
      dataSource,
      `INSERT INTO job (id, name, model, caller, input, state, revision, attempt, tries, max_attempts, timeout_ms, available_at, progress, created_at)
       SELECT gen_random_uuid(), 'fair', 'many', 'c', '{}', 'queued', 1, 0, 0, 3, 1000, now(), '{"percent":0,"phase":"queued"}', now() FROM generate_series(1, 1000)`,
    );
    await store.enqueue({ id: randomUUID(), name: 'fair', model: 'many', caller: 'c', idempotencyKey: null, input: {}, traceparent: null, maxAttempts: 3, timeoutMs: 1_000 });
    await store.claim({ worker: 'first', leaseMs: 60_000, names: ['fair'] });
    await store.enqueue({ id: randomUUID(), name: 'fair', model: 'lone', caller: 'c', idempotencyKey: null, input: {}, traceparent: null, maxAttempts: 3, timeoutMs: 1_000 });
    const order: (string | null)[] = [];
    await Promise.all(
      ['a', 'b', 'c'].map(async (worker) => {
        for (let at = 0; at < 10; at += 1) order.push((await store.claim({ worker, leaseMs: 60_000, names: ['fair'] }))?.model ?? null);
      }),
    );
    expect(order.indexOf('lone')).toBeGreaterThanOrEqual(0);
    expect(order.indexOf('lone')).toBeLessThan(6);
  });
});
