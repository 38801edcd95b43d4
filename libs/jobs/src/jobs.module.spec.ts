import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type JobView, cancelJobOf, defineEvent, defineJob, getJobOf, isEnded, jobChangedOf, listJobsOf } from '@salus/contracts';
import { EventPublisher, LOG, MemoryEvents, MemoryWakeBell, WakeBell } from '@salus/messaging';
import { Metrics, createLog } from '@salus/observability';
import { PersistenceModule, openDatabase, rowsOf } from '@salus/persistence';
import { startPostgres, type PostgresTestServer } from '@salus/testkit';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { JobQueue, JobsModule, jobEntities, jobMigrations } from './index';

const FIXTURES = join(__dirname, '..', 'fixtures');
const contract = defineJob({
  service: 'fixture',
  name: 'do-deed',
  summary: 'Does what its input says.',
  input: z.record(z.string(), z.unknown()),
  result: z.strictObject({ attempt: z.int() }),
  example: { input: {}, result: { attempt: 1 } },
});
const deedDone = defineEvent({ subject: 'event.fixture.v1.deed-done', summary: 'A deed was done.', payload: z.strictObject({ id: z.uuid() }), example: { id: crypto.randomUUID() } });
const changed = jobChangedOf('fixture', 'do-deed');
const events = new MemoryEvents();
const metrics = new Metrics();

@Global()
@Module({
  providers: [
    { provide: LOG, useValue: createLog({ service: 'fixture', level: 'silent' }) },
    { provide: Metrics, useValue: metrics },
    { provide: EventPublisher, useValue: events },
    { provide: WakeBell, useClass: MemoryWakeBell },
  ],
  exports: [LOG, Metrics, EventPublisher, WakeBell],
})
class PlatformTwins {}

describe('JobsModule', () => {
  let server: PostgresTestServer;
  let folder: string;

  beforeAll(async () => {
    server = await startPostgres();
    folder = mkdtempSync(join(tmpdir(), 'salus-jobs-module-'));
  }, 60_000);

  afterAll(async () => {
    metrics.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('runs jobs while the app runs, tells of every change and of the success, and counts', async () => {
    const database = { url: server.url, service: 'fixture', entities: jobEntities, migrations: jobMigrations };
    const dataSource = await openDatabase(database);
    await rowsOf(dataSource, 'CREATE TABLE fact (job uuid NOT NULL, attempt integer NOT NULL, label text NOT NULL)');
    await dataSource.destroy();
    const program = {
      entry: join(FIXTURES, 'job.main.cjs'),
      execArgv: ['-C', '@salus/source', '-r', '@swc-node/register'],
      env: { SWC_NODE_PROJECT: join(FIXTURES, '..', '..', '..', 'tsconfig.base.json'), DATABASE_URL: server.url },
      temporaryFolder: folder,
    };
    const operations = { getJob: getJobOf('fixture', 'do-deed'), listJobs: listJobsOf('fixture', 'do-deed'), cancelJob: cancelJobOf('fixture', 'do-deed') };
    const onSuccess = ({ id }: JobView) => ({ event: deedDone, payload: { id } });
    const tidied: unknown[] = [];
    const onEnd = async ({ id, state }: JobView, owner: DataSource): Promise<void> => void tidied.push({ id, state, jobs: await rowsOf(owner, 'SELECT id FROM job') });
    const jobs = JobsModule.forService({ service: 'fixture', contracts: [contract], operations, changed, onSuccess, onEnd, program, concurrency: 1, leaseMs: 30_000 });
    const module = await Test.createTestingModule({ imports: [PlatformTwins, PersistenceModule.forService(database), jobs] }).compile();
    const states: string[] = [];
    const done = new Promise<string>((resolve) => events.subscribe(deedDone, ({ id }) => resolve(id)));
    events.subscribe(changed, ({ state }) => void states.push(state));
    await module.init();
    const queue = module.get(JobQueue);

    const { id } = await queue.enqueue(contract, { deed: 'commit' }, { model: null });
    let view = await queue.get(id);
    while (!isEnded(view.state)) view = await queue.get(id, { afterRevision: view.revision, waitMs: 5_000 });
    expect(view).toMatchObject({ state: 'succeeded', result: { attempt: 1 } });
    expect(await done).toBe(id);
    expect([...new Set(states)]).toEqual(['queued', 'running', 'succeeded']);
    const cancelled = await queue.enqueue(contract, { deed: 'wait' }, { model: null });
    await queue.cancel(cancelled.id);
    while (tidied.length < 2) await setTimeout(20);
    expect(tidied).toEqual([
      { id, state: 'succeeded', jobs: [{ id }] },
      { id: cancelled.id, state: 'cancelled', jobs: expect.arrayContaining([{ id }, { id: cancelled.id }]) },
    ]);
    await module.close();
    expect(await metrics.text()).toMatch(/salus_jobs_total\{job="fixture\/do-deed",state="succeeded"\} 1/);
  }, 60_000);
});
