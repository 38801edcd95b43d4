import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { followJob, patiently, resultOf, uploadFile } from '@salus/cli/client';
import type { JobView } from '@salus/contracts';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { predict } from '@salus/contracts/prediction/predict';
import { prepareDataset } from '@salus/contracts/preprocessing/prepare-dataset';
import { startPreparation } from '@salus/contracts/preprocessing/start-preparation';
import { startTraining } from '@salus/contracts/training/start-training';
import { trainModel } from '@salus/contracts/training/train-model';
import { seededRandom, shuffle } from '@salus/evaluation';
import type { Client } from '@salus/messaging';
import { Facts, type JobRow } from './facts.conformance';
import { report } from './figures.conformance';
import { promote, untilServed } from './flows.conformance';
import { makeModel, type MadeModel } from './made-model.conformance';
import { Platform } from './platform.conformance';
import { byForm, seed } from './verify-mode.conformance';

/** What is killed; the training service only in the middle of a job. */
const TARGETS = ['training', 'nats-server', 'postgres'];
const KILLS = byForm(3, 20);
const MODELS = byForm(2, 4);
const ROWS = byForm(6_000, 40_000);
/** A killed worker's job is taken up again soon, so that the suite need not wait half a minute for it. */
const LEASE_MS = 2_000;
/** Half of the kills come while the job's process starts, at most so long after its claim; the others when it reads, fits, evaluates or stores. */
const LONGEST_START_DELAY_MS = 600;
const LONGEST_WORK_DELAY_MS = byForm(300, 1_200);
const TIMEOUT_MS = byForm(240_000, 1_500_000);
const JOB_SERVICES = ['ingestion', 'preprocessing', 'training'];
const ENDED = ['succeeded', 'failed', 'cancelled'];

describe('real kills of training, nats-server and PostgreSQL', () => {
  let platform: Platform;
  let client: Client;
  let facts: Facts;

  beforeAll(async () => {
    platform = await Platform.start({ env: { JOB_LEASE_MS: String(LEASE_MS) } });
    client = await platform.connect();
  }, TIMEOUT_MS);
  afterAll(async () => {
    await facts?.close();
    await platform?.stop();
  }, TIMEOUT_MS);

  it(`at ${KILLS} seeded moments lose and double nothing: every accepted job ends exactly once`, async () => {
    const models = Array.from({ length: MODELS }, (_, at) => makeModel({ modelsFolder: platform.modelsFolder, id: `made-${at}`, seed: seed + at, rows: ROWS }));
    const work = new Work(client);
    const requesting = work.run(models);
    const kills = await killAtSeededMoments(platform, work);
    work.isEnough = true;
    await requesting;
    const views = await Promise.all(work.accepted.map(({ service, id }) => followJob(client, { service, id })));
    facts = await Facts.open(platform.databaseUrl);
    const stored = await jobsByService(facts);
    report(`kills: ${KILLS} SIGKILLs from seed ${seed}`, {
      ...Object.fromEntries(kills.map(({ target, pid, backAs, during }, at) => [`${at + 1}. ${target}`, `pid ${pid} while ${during}, back as ${backAs}`])),
      ...(await countsOf(stored, facts)),
      'requests sent again': work.repeats,
    });
    expect(views.every(({ state, failure }) => state === 'succeeded' || (state === 'failed' && failure !== null))).toBe(true);
    expect(endedOnce(stored)).toEqual(work.accepted.map(({ id }) => id).sort());
    await expectNothingLostOrDoubled(stored, facts);
    expect(new Set(kills.map(({ target }) => target))).toEqual(new Set(TARGETS));
    expect(kills.filter(({ target, during }) => target === 'training' && during.includes('starting'))).toEqual([]);
  }, TIMEOUT_MS);

  it('a JetStream store that is wiped while everything is stopped loses nothing: the promoted model answers again', async () => {
    const [{ model, version }] = await facts.versions();
    await promote(client, { model, version });
    const row = { age: 50, dose: null, place: 'ward' };
    const answer = await client.request(predict, { rows: [row] }, { model });
    const versions = await facts.versions();
    await facts.close();
    await platform.halt();
    rmSync(platform.jetstreamFolder, { recursive: true });
    await platform.startAgain();
    client = await platform.connect();
    facts = await Facts.open(platform.databaseUrl);
    await untilServed(client, { model, version });
    expect(await client.request(predict, { rows: [row] }, { model })).toEqual(answer);
    expect(await facts.versions()).toEqual(versions);
  }, TIMEOUT_MS);
});

interface Accepted {
  readonly service: string;
  readonly id: string;
}

/** A client that keeps asking for jobs: the chain of one model after the other, each request under a key of its own until it is answered. */
class Work {
  readonly accepted: Accepted[] = [];
  /** Set when no further round shall begin. */
  isEnough = false;
  repeats = 0;

  constructor(private readonly client: Client) {}

  /** Chains over the models, two at a time, until it is enough; a failed job ends its chain. */
  async run(models: readonly MadeModel[]): Promise<void> {
    const lanes = [0, 1].map(async (lane) => {
      for (let at = lane; !this.isEnough || at === lane; at += 2) await this.chain(models[at % models.length]);
    });
    await Promise.all(lanes);
  }

  private async chain({ id: model, path }: MadeModel): Promise<void> {
    const onWait = (): void => void (this.repeats += 1);
    const ingested = await this.follow(await uploadFile(this.client, { path, model, onWait }));
    if (ingested.state !== 'succeeded') return;
    const { dataset } = resultOf(ingestDataset, ingested);
    const prepareKey = randomUUID();
    const preparing = await patiently(() => this.client.request(startPreparation, { model, dataset }, { idempotencyKey: prepareKey }), { onWait });
    const preparedJob = await this.follow(preparing);
    if (preparedJob.state !== 'succeeded') return;
    const { prepared } = resultOf(prepareDataset, preparedJob);
    const trainKey = randomUUID();
    await this.follow(await patiently(() => this.client.request(startTraining, { model, prepared }, { idempotencyKey: trainKey }), { onWait }));
  }

  private follow({ service, id }: JobView): Promise<JobView> {
    if (!this.accepted.some((job) => job.id === id)) this.accepted.push({ service, id });
    return followJob(this.client, { service, id, onWait: () => void (this.repeats += 1) });
  }
}

interface Kill {
  readonly target: string;
  readonly pid: number;
  readonly backAs: number;
  /** What the training service did at that moment. */
  readonly during: string;
}

/** Kills one thing after the other, each a seeded while after a training job has begun and before it ends, and waits until all is back. */
async function killAtSeededMoments(platform: Platform, work: Work): Promise<Kill[]> {
  const random = seededRandom(seed, 'kills');
  const targets = shuffle(Array.from({ length: KILLS }, (_, at) => TARGETS[at % TARGETS.length]), random);
  const kills: Kill[] = [];
  for (const target of targets) {
    const moment = target === 'training' || random.below(2) === 0 ? 'work' : 'start';
    const drawDelayMs = (): number => random.below(moment === 'work' ? LONGEST_WORK_DELAY_MS : LONGEST_START_DELAY_MS);
    const during = await untilInMidJob(platform, work, { moment, drawDelayMs });
    const pid = platform.pid(target);
    process.kill(pid, 'SIGKILL');
    process.stdout.write(`SIGKILL to ${target}, pid ${pid}, while ${during}\n`);
    kills.push({ target, pid, during, backAs: await platform.untilBack(target, pid) });
  }
  return kills;
}

interface Moment {
  /** `start`: from the claim of a job on; `work`: from its first progress on. */
  readonly moment: 'start' | 'work';
  readonly drawDelayMs: () => number;
}

interface RunningJob {
  readonly id: string;
  readonly attempt: number;
  readonly percent: number;
  readonly phase: string;
}

/** Waits until the training service of now is at work on an accepted job and a while of it has gone by, and says how far it is. */
async function untilInMidJob(platform: Platform, work: Work, { moment, drawDelayMs }: Moment): Promise<string> {
  const facts = await Facts.open(platform.databaseUrl);
  const sql = `SELECT id, attempt, (progress->>'percent')::float AS percent, progress->>'phase' AS phase
    FROM training.job WHERE state = 'running' AND worker LIKE '%/' || $1::text`;
  const running = async (): Promise<RunningJob | undefined> => (await facts.query<RunningJob>(sql, [String(platform.pid('training'))]))[0];
  try {
    for (;;) {
      const begun = await running();
      const isIt = begun !== undefined && work.accepted.some(({ id }) => id === begun.id) && (moment === 'start' || begun.phase !== 'starting');
      if (!isIt) {
        await sleep(10);
        continue;
      }
      await sleep(drawDelayMs());
      const now = await running();
      if (now?.id === begun.id && now.attempt === begun.attempt) return `running job ${now.id.slice(0, 8)}, attempt ${now.attempt}, ${Math.round(now.percent)} % ${now.phase}`;
    }
  } finally {
    await facts.close();
  }
}

type StoredJobs = Readonly<Record<string, readonly JobRow[]>>;

async function jobsByService(facts: Facts): Promise<StoredJobs> {
  return Object.fromEntries(await Promise.all(JOB_SERVICES.map(async (service) => [service, await facts.jobs(service)] as const)));
}

async function countsOf(stored: StoredJobs, facts: Facts): Promise<Record<string, number>> {
  const jobs = Object.values(stored).flat();
  return {
    'jobs accepted and ended once': endedOnce(stored).length,
    succeeded: jobs.filter(({ state }) => state === 'succeeded').length,
    failed: jobs.filter(({ state }) => state === 'failed').length,
    'taken up again': jobs.filter(({ attempt }) => attempt > 1).length,
    'dataset versions': await facts.count('ingestion.dataset'),
    'prepared datasets': await facts.count('preprocessing.prepared'),
    'model versions': await facts.count('training.version'),
    'blobs verified': await facts.verifyBlobs(),
  };
}

/** Ids of the jobs that have ended, sorted; a job that ended without time or reason is left out. */
function endedOnce(stored: StoredJobs): string[] {
  const jobs = Object.values(stored).flat();
  return jobs.filter(({ state, ended, failure }) => ENDED.includes(state) && ended && (state !== 'failed' || failure !== null)).map(({ id }) => id).sort();
}

/** Every result that a job was given is stored, nothing else is, and the numbers of the versions of a model have no gap. */
async function expectNothingLostOrDoubled(stored: StoredJobs, facts: Facts): Promise<void> {
  const resultsOf = (service: string, field: string): unknown[] =>
    [...new Set(stored[service].filter(({ state }) => state === 'succeeded').map(({ result }) => result?.[field]))].sort();
  const digestsIn = async (table: string): Promise<unknown[]> => (await facts.query<{ digest: string }>(`SELECT digest FROM ${table}`)).map(({ digest }) => digest).sort();
  expect(await digestsIn('ingestion.dataset')).toEqual(resultsOf('ingestion', 'dataset'));
  expect(await digestsIn('preprocessing.prepared')).toEqual(resultsOf('preprocessing', 'prepared'));
  const versions = await facts.versions();
  expect(versions.map(({ artifact }) => artifact).sort()).toEqual(resultsOf('training', 'artifact'));
  for (const model of new Set(versions.map((entry) => entry.model))) {
    const numbers = versions.filter((entry) => entry.model === model).map(({ version }) => version);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  }
  for (const { result } of stored.training.filter(({ state }) => state === 'succeeded')) {
    expect(trainModel.result.safeParse(result).success).toBe(true);
    expect(versions).toContainEqual({ model: result?.model, version: result?.version, artifact: result?.artifact });
  }
  const named = [...(await digestsIn('ingestion.dataset')), ...(await digestsIn('preprocessing.prepared')), ...versions.map(({ artifact }) => artifact)];
  const [{ missing }] = await facts.query<{ missing: number }>(
    'SELECT count(*)::int AS missing FROM unnest($1::text[]) AS named (digest) LEFT JOIN platform.blob USING (digest) WHERE blob.digest IS NULL',
    [named],
  );
  expect(missing).toBe(0);
}
