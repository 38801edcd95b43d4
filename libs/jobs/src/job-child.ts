/**
 * One attempt of one job in a process of its own: a crash, a leak or a busy loop harms nobody else, and cancelling is a kill.
 * The process ends by itself when the channel to this one closes. What it leaves in its folder is removed here.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { failureFor, storableFailure } from './job-failure';
import { makeJobFolder, removeJobFolder } from './job-folder';
import { ENV_JOB_ATTEMPT, ENV_JOB_FOLDER, ENV_JOB_ID, ENV_JOB_TRACE, jobMessage } from './job-message';
import type { Hold, JobFailure, JobProgress, JobRecord } from './job-record';

export interface JobProgram {
  /** Path of the app's `job.main.js`. */
  readonly entry: string;
  /** Arguments of Node itself; those of this process, without the inspector's, if left out. */
  readonly execArgv?: readonly string[];
  /** Environment beside that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where each job gets a folder of its own. */
  readonly temporaryFolder: string;
}

/** Why the worker ended a process: it decides what becomes of the job. */
export type KillReason = 'cancelled' | 'lease-lost' | 'timeout' | 'stopping';

/** How an attempt ended. */
export type Outcome =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly failure: JobFailure }
  | { readonly kind: 'killed'; readonly reason: KillReason };

export class JobChild {
  private process: ChildProcess | undefined;
  private killed: KillReason | undefined;
  private said: Outcome | undefined;

  constructor(
    private readonly program: JobProgram,
    private readonly record: Hold & Pick<JobRecord, 'traceparent'>,
    private readonly onProgress: (progress: JobProgress) => void,
  ) {}

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** Starts the process and waits for its end; it never rejects. */
  async run(): Promise<Outcome> {
    let folder: string | undefined;
    try {
      folder = await makeJobFolder(this.program.temporaryFolder);
      if (this.killed) return { kind: 'killed', reason: this.killed };
      return await this.forked(folder);
    } catch {
      return { kind: 'failed', failure: failureFor('INTERNAL', 'the process of the job could not be started') };
    } finally {
      if (folder) await removeJobFolder(folder);
    }
  }

  /** Ends the process at once; the first reason counts. */
  kill(reason: KillReason): void {
    this.killed ??= reason;
    this.process?.kill('SIGKILL');
  }

  private forked(folder: string): Promise<Outcome> {
    const { id, attempt, traceparent } = this.record;
    const job = { [ENV_JOB_ID]: id, [ENV_JOB_ATTEMPT]: `${attempt}`, [ENV_JOB_TRACE]: traceparent ?? '', [ENV_JOB_FOLDER]: folder };
    const env = { ...process.env, ...this.program.env, ...job };
    const execArgv = this.program.execArgv ?? process.execArgv.filter((argument) => !argument.startsWith('--inspect'));
    const child = fork(this.program.entry, [], { env, execArgv: [...execArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.process = child;
    child.on('message', (message) => this.hear(message));
    return new Promise((resolve) => {
      child.once('error', () => resolve({ kind: 'failed', failure: failureFor('INTERNAL', 'the process of the job could not be started') }));
      child.once('exit', (code, signal) => resolve(this.outcome(code, signal)));
    });
  }

  private hear(message: unknown): void {
    const parsed = jobMessage.safeParse(message);
    if (!parsed.success) return;
    if (parsed.data.kind === 'progress') this.onProgress(parsed.data.progress);
    else if (parsed.data.kind === 'succeeded') this.said = { kind: 'succeeded' };
    else this.said = { kind: 'failed', failure: storableFailure(parsed.data.failure) };
  }

  private outcome(code: number | null, signal: NodeJS.Signals | null): Outcome {
    if (this.said) return this.said;
    if (this.killed) return { kind: 'killed', reason: this.killed };
    const how = signal ? `by ${signal}` : `with exit code ${code}`;
    return { kind: 'failed', failure: failureFor('INTERNAL', `the process of the job ended ${how} before the job did`, signal ? { signal } : { exitCode: code }) };
  }
}
