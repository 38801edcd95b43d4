import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { prepareModel, resultOf } from '@salus/cli/client';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { getJob } from '@salus/contracts/training/get-job';
import { startTraining } from '@salus/contracts/training/start-training';
import type { Client } from '@salus/messaging';
import { Facts, type JobRow } from './facts.conformance';
import { report } from './figures.conformance';
import { ingest } from './flows.conformance';
import { makeModel } from './made-model.conformance';
import { Platform } from './platform.conformance';
import { byForm, seed } from './verify-mode.conformance';

const MODEL = 'made-late';
const LEASE_MS = 2_000;
const TIMEOUT_MS = 180_000;
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

describeOnLinux('a training worker that is stopped past its lease and continued', () => {
  let platform: Platform;
  let client: Client;
  let facts: Facts;

  beforeAll(async () => {
    platform = await Platform.start({ env: { JOB_LEASE_MS: String(LEASE_MS) } });
    client = await platform.connect();
    facts = await Facts.open(platform.databaseUrl);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await facts?.close();
    await platform?.stop();
  }, TIMEOUT_MS);

  it('has its late write refused: the job ends once, by the other worker, with one version', async () => {
    const { path } = makeModel({ modelsFolder: platform.modelsFolder, id: MODEL, seed, rows: byForm(20_000, 60_000) });
    const { dataset } = resultOf(ingestDataset, await ingest(client, { model: MODEL, path }));
    const { result } = await prepareModel(client, { model: MODEL, dataset });
    const { id } = await client.request(startTraining, { model: MODEL, prepared: result.prepared });
    const worker = platform.pid('training');
    const job = await untilForked(client, { id, worker });
    for (const pid of [worker, job]) process.kill(pid, 'SIGSTOP');
    const other = await platform.addInstance('training', { JOB_LEASE_MS: String(LEASE_MS) });
    const ended = await untilEnded(facts, id);
    const versions = await facts.versions();
    // The job's process first: its worker, awake, would end it before it could try to write.
    process.kill(job, 'SIGCONT');
    const refused = await untilLogged(platform, { id, code: 'LEASE_LOST' });
    process.kill(worker, 'SIGCONT');
    await untilGone(job);
    report('lease: a worker stopped past its lease and continued', {
      'stopped worker': worker, 'its job process': job, 'other worker': other.pid, 'attempt that ended the job': ended.attempt,
      'late write refused with': refused, 'versions before and after': `${versions.length}, ${(await facts.versions()).length}`,
    });
    expect(ended).toMatchObject({ state: 'succeeded', attempt: 2, result: { version: 1, existed: false } });
    expect(await facts.jobs('training')).toEqual([ended]);
    expect(await facts.versions()).toEqual(versions);
    expect(versions).toHaveLength(1);
    expect(platform.pid('training')).toBe(worker);
  }, TIMEOUT_MS);
});

/** Waits until the job is at work in a process of its own, and gives its process id. */
async function untilForked(client: Client, { id, worker }: { readonly id: string; readonly worker: number }): Promise<number> {
  for (;;) {
    const { state, progress } = await client.request(getJob, { id });
    const [child] = childrenOf(worker);
    if (state === 'running' && child !== undefined && progress.phase !== 'starting') return child;
    if (state !== 'queued' && state !== 'running') throw new Error(`the job was ${state} before its process could be stopped`);
    await sleep(5);
  }
}

/** Waits until the job has ended; asked of PostgreSQL, since a stopped worker still gets its share of requests and answers none. */
async function untilEnded(facts: Facts, id: string): Promise<JobRow> {
  for (;;) {
    const job = (await facts.jobs('training')).find((row) => row.id === id);
    if (job?.ended) return job;
    await sleep(20);
  }
}

/** Process ids of the children of a process (proc(5), field 4 of stat). */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === parent).map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined; // it has ended meanwhile
  }
}

/** Waits until the training service has logged an error of that job with a code, and gives the code. */
async function untilLogged(platform: Platform, { id, code }: { readonly id: string; readonly code: string }): Promise<string> {
  for (;;) {
    const line = platform.log('training').split('\n').find((text) => text.includes(id) && text.includes(code));
    if (line !== undefined) return code;
    await sleep(20);
  }
}

async function untilGone(pid: number): Promise<void> {
  while (parentOf(String(pid)) !== undefined) await sleep(20);
}
