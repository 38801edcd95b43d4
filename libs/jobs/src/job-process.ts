/**
 * The program of a job process: one attempt, then the end. It belongs to its worker: when the channel to it closes, the process
 * ends, from a second thread even when the handler keeps the first one busy. Ctrl-C and SIGTERM reach the whole group; what
 * happens then is the worker's to decide.
 */
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { JobContract, JobInputOf, JobResultOf } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { type Log, Trace, runWithTrace } from '@salus/observability';
import { databaseFault, isDatabaseError } from '@salus/persistence';
import type { DataSource } from 'typeorm';
import { type JobContext, ProgressThrottle, commitJob } from './job-context';
import { failureOf } from './job-failure';
import { ENV_JOB_ATTEMPT, ENV_JOB_FOLDER, ENV_JOB_ID, ENV_JOB_TRACE, type JobMessage } from './job-message';
import type { Hold, JobRecord } from './job-record';
import { PostgresJobStore } from './job.postgres';
import { leaseLost } from './job.store';

/** What every job process needs; an app adds its own. */
export interface JobResources {
  readonly dataSource: DataSource;
  readonly log?: Log;
  close?(): Promise<void>;
}

/** A job and what does it. */
export interface JobHandler<Resources> {
  readonly contract: JobContract;
  readonly run: (input: unknown, context: JobContext<unknown, Resources>) => Promise<void>;
}

/**
 * Ties a handler to its contract: the input arrives parsed, the result is checked.
 *
 * @param run does the job and ends it by `context.commit`
 */
export function jobHandler<Job extends JobContract, Resources>(
  contract: Job,
  run: (input: JobInputOf<Job>, context: JobContext<JobResultOf<Job>, Resources>) => Promise<void>,
): JobHandler<Resources> {
  return { contract, run: run as JobHandler<Resources>['run'] };
}

export interface JobProcessOptions<Resources extends JobResources> {
  readonly handlers: readonly JobHandler<Resources>[];
  /** Opens the database and whatever else the handlers need. */
  readonly open: () => Promise<Resources>;
}

const ABORT_GRACE_MS = 500;
const CLOSE_TIMEOUT_MS = 2_000;
/** Looks for another parent than the one at the start, which is what a process gets whose parent has died. */
const ORPHAN_WATCH = `
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 1000);
`;

/**
 * Runs the attempt that the worker named in the environment, tells the worker how it ended, and ends the process.
 *
 * @throws Fault CONFIGURATION when it was not started by a worker
 */
export async function runJobProcess<Resources extends JobResources>(options: JobProcessOptions<Resources>): Promise<void> {
  const hold: Hold = { id: process.env[ENV_JOB_ID] ?? '', attempt: Number(process.env[ENV_JOB_ATTEMPT]) };
  if (!process.send || hold.id === '' || !Number.isInteger(hold.attempt)) {
    throw new Fault('CONFIGURATION', 'this program runs one attempt of a job and is started by a worker');
  }
  const trace = Trace.parse(process.env[ENV_JOB_TRACE])?.child() ?? Trace.start();
  await runWithTrace(trace, () => attemptAndExit(options, hold));
}

async function attemptAndExit<Resources extends JobResources>(options: JobProcessOptions<Resources>, hold: Hold): Promise<void> {
  const signal = followWorker();
  let resources: Resources | undefined;
  let message: JobMessage;
  try {
    resources = await options.open();
    await runAttempt({ options, hold, signal, resources });
    message = { kind: 'succeeded' };
  } catch (error) {
    resources?.log?.error('job failed', { jobId: hold.id, attempt: hold.attempt, error });
    message = { kind: 'failed', failure: failureOf(isDatabaseError(error) ? databaseFault(error) : error) };
  }
  await tell(message);
  await Promise.race([resources?.close?.().catch(() => undefined), sleep(CLOSE_TIMEOUT_MS)]);
  // Handlers may leave handles open, such as an engine's threads; the job is over.
  process.exit(message.kind === 'succeeded' ? 0 : 1);
}

function followWorker(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  process.on('disconnect', () => {
    controller.abort(new Fault('CANCELLED', 'the worker of this job has gone'));
    void sleep(ABORT_GRACE_MS).then(() => process.exit(1));
  });
  new Worker(ORPHAN_WATCH, { eval: true, execArgv: [], stdout: true, stderr: true }).unref();
  return controller.signal;
}

interface Attempt<Resources extends JobResources> {
  readonly options: JobProcessOptions<Resources>;
  readonly hold: Hold;
  readonly signal: AbortSignal;
  readonly resources: Resources;
}

async function runAttempt<Resources extends JobResources>({ options, hold, signal, resources }: Attempt<Resources>): Promise<void> {
  const store = new PostgresJobStore(resources.dataSource);
  const record = await store.find(hold.id);
  if (record?.state !== 'running' || record.attempt !== hold.attempt) throw leaseLost(hold);
  const handler = options.handlers.find(({ contract }) => contract.name === record.name);
  if (!handler) throw new Fault('CONFIGURATION', `this program has no handler for the job ${record.name}`);
  const { contract } = handler;
  let isCommitted = false;
  const throttle = new ProgressThrottle((progress) => void tell({ kind: 'progress', progress }));
  await handler.run(inputOf(record, contract), {
    jobId: record.id,
    attempt: record.attempt,
    model: record.model,
    signal,
    folder: process.env[ENV_JOB_FOLDER] ?? tmpdir(),
    resources,
    progress: (progress) => throttle.report(progress),
    commit: async (work) => {
      await commitJob({ store, hold, contract }, work);
      isCommitted = true;
    },
  });
  if (!isCommitted) throw new Fault('INTERNAL', `the handler of ${record.name} ended without commit`);
}

function inputOf(record: JobRecord, contract: JobContract): unknown {
  const parsed = contract.input.safeParse(record.input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new Fault('INVALID_REQUEST', `the stored input of ${record.name} does not fit its contract`, { issues });
}

/** Resolves when the message is out, or cannot get out any more. */
function tell(message: JobMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || !process.send) return resolve();
    process.send(message, () => resolve());
  });
}
