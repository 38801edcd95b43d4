/** Wiring of a service with jobs: the queue, the worker for as long as the app runs, the operations and the event. */
import { Inject, Injectable, Module, type BeforeApplicationShutdown, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { isEnded, type EventContract, type JobContract, type JobView, type jobChangedOf } from '@salus/contracts';
import { EventPublisher, LOG, WakeBell } from '@salus/messaging';
import { Metrics, type Log } from '@salus/observability';
import { DataSource } from 'typeorm';
import type { JobProgram } from './job-child';
import { JobQueue, type JobBell } from './job-queue';
import { JobWorker } from './job-worker';
import { PostgresJobStore } from './job.postgres';
import { jobsControllerOf, type JobOperations } from './jobs.controller';

export interface JobsOptions {
  readonly service: string;
  readonly contracts: readonly JobContract[];
  readonly operations: JobOperations;
  /** Told at every change of a job. */
  readonly changed: ReturnType<typeof jobChangedOf>;
  /** What to tell when a job has succeeded, from its view; undefined tells nothing. */
  readonly onSuccess?: (view: JobView) => Announcement | undefined;
  /**
   * Tidies up when a job has ended, on the database of the service. It may be called again for the same job, and a killed process
   * never calls it: whoever needs it to happen also looks for what is left.
   */
  readonly onEnd?: (view: JobView, database: DataSource) => Promise<void>;
  readonly program: JobProgram;
  /** Jobs at a time in this instance; 0 runs none and only queues. */
  readonly concurrency: number;
  readonly leaseMs: number;
}

/** An event and what it says. */
export interface Announcement {
  readonly event: EventContract;
  readonly payload: Readonly<Record<string, unknown>>;
}

const BELL = Symbol('jobs bell');
const WORKER = Symbol('jobs worker');

/** Runs the worker for as long as the app runs; there is none where the instance only queues. */
@Injectable()
class JobRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(JobQueue) private readonly queue: JobQueue,
    @Inject(WORKER) private readonly worker: JobWorker | null,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.worker?.start();
  }

  /** Before the database closes: jobs under way end or are given back. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.worker?.stop();
    this.queue.close();
  }
}

@Module({})
export class JobsModule {
  static forService(options: JobsOptions): DynamicModule {
    const { service } = options;
    return {
      module: JobsModule,
      global: true,
      controllers: [jobsControllerOf(options.operations)],
      providers: [
        {
          provide: BELL,
          useFactory: (bell: WakeBell): JobBell => ({ ring: () => bell.ring(service), onRing: (listener) => bell.onRing(service, listener) }),
          inject: [WakeBell],
        },
        {
          provide: JobQueue,
          useFactory: (...[database, bell, events, log]: [DataSource, JobBell, EventPublisher, Log]) =>
            new JobQueue({ store: new PostgresJobStore(database), service, bell, onChange: (view) => announce(view, options, { database, events, log }) }),
          inject: [DataSource, BELL, EventPublisher, LOG],
        },
        {
          provide: WORKER,
          useFactory: (...[queue, bell, log, metrics]: [JobQueue, JobBell, Log, Metrics]) => workerOf(options, { queue, bell, log, metrics }),
          inject: [JobQueue, BELL, LOG, Metrics],
        },
        JobRunner,
      ],
      exports: [JobQueue],
    };
  }
}

interface WorkerParts {
  readonly queue: JobQueue;
  readonly bell: JobBell;
  readonly log: Log;
  readonly metrics: Metrics;
}

function workerOf({ contracts, program, concurrency, leaseMs }: JobsOptions, { metrics, ...parts }: WorkerParts): JobWorker | null {
  if (concurrency === 0) return null;
  return new JobWorker({ ...parts, contracts, program, concurrency, leaseMs, onAttemptEnd: (job, state, seconds) => metrics.jobReached(job, state, seconds) });
}

interface AnnounceParts {
  readonly database: DataSource;
  readonly events: EventPublisher;
  readonly log: Log;
}

async function announce(view: JobView, { changed, onSuccess, onEnd }: JobsOptions, { database, events, log }: AnnounceParts): Promise<void> {
  events.publish(changed, view);
  const announcement = view.state === 'succeeded' ? onSuccess?.(view) : undefined;
  if (announcement) events.publish(announcement.event, announcement.payload);
  if (!isEnded(view.state)) return;
  await onEnd?.(view, database).catch((error: unknown) => log.warn('what a job left behind could not be tidied up yet', { jobId: view.id, error }));
}
