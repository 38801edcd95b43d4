import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type JobContract, type JobView, defineJob, isEnded } from '@salus/contracts';
import { Trace, currentTrace, runWithTrace } from '@salus/observability';
import { openDatabase, rowsOf } from '@salus/persistence';
import { startPostgres, type PostgresTestServer } from '@salus/testkit';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { JobQueue, JobWorker, type JobWorkerOptions, PostgresJobStore, jobEntities, jobMigrations } from './index';

const FIXTURES = join(__dirname, '..', 'fixtures');
const ROOT = join(__dirname, '..', '..', '..');
const EXEC_ARGV = ['-C', '@salus/source', '-r', '@swc-node/register'];
const SWC_ENV = { SWC_NODE_PROJECT: join(ROOT, 'tsconfig.base.json') };
const TIMEOUT_MS = 90_000;

/** The contract of fixtures/contract.cjs, as far as the queue needs it. */
const contract: JobContract = defineJob({
  service: 'fixture',
  name: 'do-deed',
  summary: 'Does what its input says.',
  input: z.record(z.string(), z.unknown()),
  result: z.strictObject({ attempt: z.int() }),
  example: { input: {}, result: { attempt: 1 } },
  maxAttempts: 4,
});

/** Waits for something that another process does; the time limit is the test's. */
async function until<T>(look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found) return found;
    await sleep(20);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const pidIn = (file: string): Promise<number> => until(() => existsSync(file) && Number(readFileSync(file, 'utf8')));

describe('JobWorker', () => {
  let server: PostgresTestServer;
  let dataSource: DataSource;
  let queue: JobQueue;
  let folder: string;
  let workers: JobWorker[] = [];
  let processes: ChildProcess[] = [];

  beforeAll(async () => {
    server = await startPostgres();
    dataSource = await openDatabase({ url: server.url, service: 'fixture', entities: jobEntities, migrations: jobMigrations });
    await rowsOf(dataSource, 'CREATE TABLE fact (job uuid NOT NULL, attempt integer NOT NULL, label text NOT NULL)');
  }, TIMEOUT_MS);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salus-jobs-'));
    queue = new JobQueue({ store: new PostgresJobStore(dataSource), service: 'fixture', pollMs: 50 });
  });

  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    for (const child of processes) child.kill('SIGKILL');
    [workers, processes] = [[], []];
    queue.close();
    await rowsOf(dataSource, "UPDATE job SET state = 'cancelled' WHERE state IN ('queued', 'running')");
    rmSync(folder, { recursive: true, force: true });
  });

  afterAll(async () => {
    await dataSource?.destroy();
    await server?.stop();
  });

  const start = async (options: Partial<JobWorkerOptions> = {}): Promise<JobWorker> => {
    const program = { entry: join(FIXTURES, 'job.main.cjs'), execArgv: EXEC_ARGV, env: { ...SWC_ENV, DATABASE_URL: server.url }, temporaryFolder: join(folder, 'tmp') };
    const worker = new JobWorker({ queue, contracts: [contract], program, pollMs: 50, retryMs: 10, graceMs: 0, ...options });
    workers.push(worker);
    await worker.start();
    return worker;
  };
  const startProcess = async (leaseMs: number, graceMs = 0): Promise<ChildProcess> => {
    const env = { ...process.env, ...SWC_ENV, DATABASE_URL: server.url, TEMPORARY_FOLDER: join(folder, 'tmp'), LEASE_MS: `${leaseMs}`, GRACE_MS: `${graceMs}` };
    const child = fork(join(FIXTURES, 'worker.main.cjs'), { env, execArgv: EXEC_ARGV });
    processes.push(child);
    await once(child, 'message');
    return child;
  };
  const enqueue = (deed: string, input: Record<string, unknown> = {}, change: Partial<JobContract> = {}): Promise<JobView> =>
    queue.enqueue({ ...contract, ...change }, { deed, ...input }, { model: 'blood-pressure' });
  const ended = (id: string): Promise<JobView> =>
    until(async () => {
      const view = await queue.get(id, { afterRevision: 1_000_000, waitMs: 50 });
      return isEnded(view.state) && view;
    });
  const factsOf = (id: string) => rowsOf<{ attempt: number }>(dataSource, 'SELECT attempt FROM fact WHERE job = $1', [id]);
  const file = (name: string): string => join(folder, name);

  it('runs a job in a process of its own, with progress, facts and result, and removes its folder', async () => {
    const phases: string[] = [];
    queue = new JobQueue({ store: queue.store, service: 'fixture', onChange: (view) => void phases.push(`${view.state} ${view.progress.phase}`) });
    await start();
    const { id } = await enqueue('commit', { label: 'first', steps: 5, stepMs: 60 });
    expect(await ended(id)).toMatchObject({ state: 'succeeded', result: { attempt: 1 }, attempt: 1, progress: { percent: 100, metrics: { step: expect.any(Number) } } });
    expect(await factsOf(id)).toEqual([{ attempt: 1 }]);
    await until(() => phases.at(-1) === 'succeeded done');
    expect([...new Set(phases)]).toEqual(['queued queued', 'running starting', 'running stepping', 'succeeded done']);
    expect(await until(() => existsSync(file('tmp')) && readdirSync(file('tmp')).length === 0)).toBe(true);
  }, TIMEOUT_MS);

  it('never runs one job twice at once with three workers', async () => {
    for (let at = 0; at < 3; at += 1) await start({ concurrency: 1 });
    const jobs = await Promise.all(Array.from({ length: 6 }, (_, at) => enqueue('commit', { label: `many-${at}` })));
    const views = await Promise.all(jobs.map(({ id }) => ended(id)));
    expect(views.map(({ state, result }) => [state, result])).toEqual(jobs.map(() => ['succeeded', { attempt: 1 }]));
    expect((await Promise.all(jobs.map(({ id }) => factsOf(id)))).map(({ length }) => length)).toEqual(jobs.map(() => 1));
  }, TIMEOUT_MS);

  it('tries a job again whose process was killed', async () => {
    await start();
    const { id } = await enqueue('wait-for-file', { started: file('started'), proceed: file('proceed') });
    process.kill(await pidIn(file('started-1')), 'SIGKILL');
    await pidIn(file('started-2'));
    writeFileSync(file('proceed'), '');
    expect(await ended(id)).toMatchObject({ state: 'succeeded', attempt: 2, result: { attempt: 2 } });
    expect(await factsOf(id)).toEqual([{ attempt: 2 }]);
  }, TIMEOUT_MS);

  it('makes a dead letter with the reason of a job whose process dies every time', async () => {
    await start();
    const { id } = await enqueue('crash', {}, { maxAttempts: 2 });
    const view = await ended(id);
    expect(view).toMatchObject({ state: 'failed', attempt: 2, failure: { code: 'INTERNAL', details: { signal: 'SIGKILL' } } });
    expect(view.failure?.message).toContain('SIGKILL');
  }, TIMEOUT_MS);

  it('fails at once for a reason that stays, and tries again for one that may pass', async () => {
    await start({ concurrency: 2 });
    const [good, now] = [await enqueue('fail-for-good'), await enqueue('recover-on-third')];
    const failure = { code: 'INVALID_DATA', message: 'row 7 is out of range', details: { row: 7 } };
    expect(await ended(good.id)).toMatchObject({ state: 'failed', attempt: 1, failure });
    expect(await ended(now.id)).toMatchObject({ state: 'succeeded', attempt: 3, failure: null });
  }, TIMEOUT_MS);

  it('quotes neither values nor statements in the failure', async () => {
    await start({ concurrency: 2 });
    const jobs = await Promise.all(['throw-secret', 'break-sql', 'break-result', 'forget'].map((deed) => enqueue(deed, {}, { maxAttempts: 1 })));
    const views = await Promise.all(jobs.map(({ id }) => ended(id)));
    expect(views.map(({ state, failure }) => [state, failure?.code])).toEqual(jobs.map(() => ['failed', 'INTERNAL']));
    expect(JSON.stringify(views)).not.toMatch(/canary|4711|SELECT/);
  }, TIMEOUT_MS);

  it('kills the process of a cancelled job, also one that never gives way', async () => {
    await start();
    const { id } = await enqueue('busy', { started: file('started') });
    const pid = await pidIn(file('started'));
    expect(await queue.cancel(id)).toMatchObject({ state: 'cancelled' });
    await until(() => !isAlive(pid));
    const { id: next } = await enqueue('commit');
    expect(await ended(next)).toMatchObject({ state: 'succeeded' });
    expect(await queue.get(id)).toMatchObject({ state: 'cancelled', attempt: 1 });
  }, TIMEOUT_MS);

  it('kills an attempt that runs longer than the job may', async () => {
    await start();
    const { id } = await enqueue('busy', { started: file('started') }, { timeoutMs: 3_000, maxAttempts: 1 });
    expect(await ended(id)).toMatchObject({ state: 'failed', failure: { code: 'DEADLINE_EXCEEDED', details: { timeoutMs: 3_000 } } });
    expect(isAlive(await pidIn(file('started')))).toBe(false);
  }, TIMEOUT_MS);

  it('gives running jobs back on stop without counting the try', async () => {
    const worker = await start();
    const { id } = await enqueue('wait-for-file', { started: file('started'), proceed: file('proceed') }, { maxAttempts: 1 });
    await pidIn(file('started-1'));
    await worker.stop();
    expect(await queue.get(id)).toMatchObject({ state: 'queued', attempt: 0 });
    writeFileSync(file('proceed'), '');
    await start();
    expect(await ended(id)).toMatchObject({ state: 'succeeded', attempt: 1, result: { attempt: 2 } });
  }, TIMEOUT_MS);

  it('lets a running job end on SIGTERM within the grace period', async () => {
    const child = await startProcess(30_000, 60_000);
    const { id } = await enqueue('wait-for-file', { started: file('started'), proceed: file('proceed') });
    await pidIn(file('started-1'));
    child.kill('SIGTERM');
    const late = await enqueue('commit');
    writeFileSync(file('proceed'), '');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await queue.get(id)).toMatchObject({ state: 'succeeded', result: { attempt: 1 } });
    expect(await queue.get(late.id)).toMatchObject({ state: 'queued' });
  }, TIMEOUT_MS);

  it('ends the job process of a worker that was killed, also one that never gives way, and another worker takes the job', async () => {
    const child = await startProcess(1_000);
    const { id } = await enqueue('busy', { started: file('started') });
    const pid = await pidIn(file('started'));
    child.kill('SIGKILL');
    await until(() => !isAlive(pid));
    await start({ leaseMs: 60_000 });
    await until(async () => (await queue.get(id)).attempt === 2);
    await queue.cancel(id);
  }, TIMEOUT_MS);

  it('refuses the late commit of a worker that was stopped past its lease; the result of the second stands', async () => {
    const child = await startProcess(1_500);
    const { id } = await enqueue('wait-for-file', { started: file('started'), proceed: file('proceed') });
    const firstPid = await pidIn(file('started-1'));
    child.kill('SIGSTOP');
    process.kill(firstPid, 'SIGSTOP');
    await start({ leaseMs: 60_000 });
    await pidIn(file('started-2'));
    writeFileSync(file('proceed'), '');
    expect(await ended(id)).toMatchObject({ state: 'succeeded', result: { attempt: 2 } });
    // The job process alone first: its worker, awake, would end it before it could try.
    process.kill(firstPid, 'SIGCONT');
    expect(await until(() => existsSync(file('started-1.fault')) && readFileSync(file('started-1.fault'), 'utf8'))).toBe('LEASE_LOST');
    child.kill('SIGCONT');
    await until(() => !isAlive(firstPid));
    expect(await queue.get(id)).toMatchObject({ state: 'succeeded', result: { attempt: 2 }, attempt: 2 });
    expect(await factsOf(id)).toEqual([{ attempt: 2 }]);
  }, TIMEOUT_MS);

  it('frees a job whose process was stopped inside its commit', async () => {
    const child = await startProcess(1_500);
    const { id } = await enqueue('stall-in-commit', { started: file('started'), proceed: file('proceed') });
    const firstPid = await pidIn(file('started-1'));
    child.kill('SIGSTOP');
    process.kill(firstPid, 'SIGSTOP');
    writeFileSync(file('proceed'), '');
    // The row is locked by the stopped transaction until the server ends that (fixtures/job.main.cjs: after a second).
    await start({ leaseMs: 60_000 });
    expect(await ended(id)).toMatchObject({ state: 'succeeded', result: { attempt: 2 } });
    process.kill(firstPid, 'SIGCONT');
    child.kill('SIGCONT');
    await until(() => !isAlive(firstPid));
    expect(await factsOf(id)).toEqual([{ attempt: 2 }]);
  }, TIMEOUT_MS);

  it('ends each job exactly once when PostgreSQL is killed in the middle', async () => {
    await start({ concurrency: 3 });
    const label = randomUUID();
    const waiting = await enqueue('wait-for-file', { label, started: file('a'), proceed: file('proceed') });
    const inCommit = await enqueue('stall-in-commit', { label, started: file('b'), proceed: file('proceed') });
    const stepping = await enqueue('commit', { label, steps: 40, stepMs: 50 });
    await Promise.all([pidIn(file('a-1')), pidIn(file('b-1'))]);
    await server.kill();
    writeFileSync(file('proceed'), '');
    await sleep(300);
    await server.restart();
    const jobs = [waiting, inCommit, stepping];
    const views = await Promise.all(jobs.map(({ id }) => until(() => ended(id).catch(() => undefined))));
    expect(views.map(({ state }) => state)).toEqual(jobs.map(() => 'succeeded'));
    const facts = await rowsOf<{ job: string }>(dataSource, 'SELECT job FROM fact WHERE label = $1', [label]);
    expect(facts.map(({ job }) => job).sort()).toEqual(jobs.map(({ id }) => id).sort());
  }, TIMEOUT_MS);

  it('ends a job that its program ended before it could say so', async () => {
    const changes: string[] = [];
    queue = new JobQueue({ store: queue.store, service: 'fixture', onChange: ({ state }) => void changes.push(state) });
    await start();
    const { id } = await enqueue('commit-and-die');
    expect(await ended(id)).toMatchObject({ state: 'succeeded', attempt: 1, failure: null });
    await until(() => changes.at(-1) === 'succeeded');
  }, TIMEOUT_MS);

  it('carries the trace of the request into the job process and into what is told of it', async () => {
    const trace = Trace.start();
    const told: (string | undefined)[] = [];
    queue = new JobQueue({ store: queue.store, service: 'fixture', onChange: () => void told.push(currentTrace()?.traceId) });
    await start();
    const { id } = await runWithTrace(trace, () => enqueue('write-trace', { started: file('trace') }));
    await ended(id);
    expect(readFileSync(file('trace'), 'utf8')).toBe(trace.traceId);
    expect(new Set(told)).toEqual(new Set([trace.traceId]));
  }, TIMEOUT_MS);

  it('removes the folders that killed workers of this host have left, and no other', async () => {
    const host = hostname().replaceAll(/[^A-Za-z0-9]/g, '_');
    const [left, others, foreign] = [`job-${host}-999999999-abc`, 'job-elsewhere-999999999-abc', 'notes'];
    for (const name of [left, others, foreign]) mkdirSync(join(file('tmp'), name), { recursive: true });
    await start();
    expect(readdirSync(file('tmp')).sort()).toEqual([others, foreign].sort());
  });

  it('refuses to start where it cannot make its folder', async () => {
    writeFileSync(file('tmp'), 'a file');
    await expect(start()).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });

  it('fails a job that its program does not know, with the reason', async () => {
    await start({ contracts: [{ ...contract, name: 'unknown-deed' }] });
    const { id } = await enqueue('commit', {}, { name: 'unknown-deed' });
    expect(await ended(id)).toMatchObject({ state: 'failed', failure: { code: 'CONFIGURATION' } });
  }, TIMEOUT_MS);

  it('fails a job whose program does not exist', async () => {
    await start({ program: { entry: file('no-such-file.js'), execArgv: [], temporaryFolder: file('tmp') } });
    const { id } = await enqueue('commit', {}, { maxAttempts: 1 });
    expect(await ended(id)).toMatchObject({ state: 'failed', failure: { code: 'INTERNAL' } });
  }, TIMEOUT_MS);
});
