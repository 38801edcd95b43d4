/**
 * A platform in memory for the suites of the command line: the four services on a real nats-server, each operation
 * answered by its contract. Uploads are kept and checked by their digest; a job goes one step on with every poll, so that
 * nothing depends on a clock. It decides nothing clinical and computes nothing.
 */
import { createHash, randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import {
  cancelJobOf, exampleDataset, exampleDescriptor, exampleJob, examplePrepared, examplePromotion, exampleVersion, getJobOf, isEnded, listJobsOf,
  type DatasetView, type JobView, type PreparedView, type Promotion, type ReplyOf, type RequestOf, type VersionView,
} from '@salus/contracts';
import { beginUpload } from '@salus/contracts/ingestion/begin-upload';
import { describeDataset } from '@salus/contracts/ingestion/describe-dataset';
import { finishUpload } from '@salus/contracts/ingestion/finish-upload';
import { listDatasets } from '@salus/contracts/ingestion/list-datasets';
import { putChunk } from '@salus/contracts/ingestion/put-chunk';
import { describeModel } from '@salus/contracts/prediction/describe-model';
import { listModels } from '@salus/contracts/prediction/list-models';
import { predict } from '@salus/contracts/prediction/predict';
import { listPrepared } from '@salus/contracts/preprocessing/list-prepared';
import { startPreparation } from '@salus/contracts/preprocessing/start-preparation';
import { listVersions } from '@salus/contracts/training/list-versions';
import { promoteVersion } from '@salus/contracts/training/promote-version';
import { rollbackModel } from '@salus/contracts/training/rollback-model';
import { startTraining } from '@salus/contracts/training/start-training';
import { Fault } from '@salus/fault';
import { Operation, runService, type RequestContext, type RunningService } from '@salus/messaging';
import { Controller, type Type } from '@nestjs/common';
import type { NatsTestServer } from '@salus/testkit';

const MODEL = 'blood-pressure';
export const SERVICES = ['ingestion', 'preprocessing', 'training', 'prediction'] as const;
export type ServiceName = (typeof SERVICES)[number];

interface Upload {
  readonly request: RequestOf<typeof beginUpload>;
  readonly id: string;
  readonly pieces: Map<number, Uint8Array>;
  job?: string;
}

/** The facts of the platform; a suite reads and sets them. */
export class MemoryPlatform {
  chunkBytes = 64;
  /** How many missing pieces a reply names, at most. */
  missingShown = 1_000;
  readonly uploads = new Map<string, Upload>();
  readonly putPieces: number[] = [];
  readonly jobs = new Map<string, JobView>();
  /** Failure of the next jobs by name. */
  readonly failures = new Map<string, NonNullable<JobView['failure']>>();
  /** Jobs of these names stay running until the suite ends. */
  readonly held = new Set<string>();
  datasets: DatasetView[] = [];
  prepared: PreparedView[] = [];
  versions: VersionView[] = [];
  promoted: Promotion = examplePromotion;
  /** Pieces that are refused once each, by number. */
  readonly flakyPieces = new Set<number>();
  private readonly onRelease: (() => void)[] = [];

  /** Lets polls of held jobs go. */
  release(): void {
    for (const release of this.onRelease.splice(0)) release();
  }

  missingOf({ request, pieces }: Upload): number[] {
    return [...Array(Math.ceil(request.bytes / this.chunkBytes)).keys()].filter((index) => !pieces.has(index)).slice(0, this.missingShown);
  }

  enqueue(service: string, name: string, id: string = randomUUID()): JobView {
    const fresh = { id, state: 'queued', revision: 1, attempt: 0, progress: { percent: 0, phase: 'queued' }, startedAt: null } as const;
    const job: JobView = { ...exampleJob(service, name), ...fresh };
    this.jobs.set(id, job);
    return job;
  }

  find(service: string, id: string): JobView {
    const job = this.jobs.get(id);
    if (job?.service !== service) throw new Fault('NOT_FOUND', `no job ${id} in ${service}`, { id });
    return job;
  }

  /** A poll that knows the job's revision moves it on: queued, running, ended. */
  async poll(service: string, { id, afterRevision }: { id: string; afterRevision?: number }): Promise<JobView> {
    const job = this.find(service, id);
    if (isEnded(job.state) || afterRevision !== job.revision) return job;
    if (job.state === 'running' && this.held.has(job.name)) await new Promise<void>((resolve) => this.onRelease.push(resolve));
    const current = this.find(service, id);
    if (isEnded(current.state)) return current;
    const running = { state: 'running', attempt: 1, progress: { percent: 40, phase: 'reading', metrics: { rows: 200 } } } as const;
    return this.set(current.state === 'queued' ? { ...current, ...running } : this.ended(current));
  }

  set(job: JobView): JobView {
    const changed = { ...job, revision: job.revision + 1 };
    this.jobs.set(job.id, changed);
    return changed;
  }

  private ended(job: JobView): JobView {
    const failure = this.failures.get(job.name);
    const end = { ...job, progress: { ...job.progress, percent: failure ? job.progress.percent : 100 }, endedAt: job.createdAt };
    return failure ? { ...end, state: 'failed', failure } : { ...end, state: 'succeeded', result: this.resultOf(job) };
  }

  private resultOf({ name }: JobView): Record<string, unknown> {
    if (name === 'ingest-dataset') {
      this.datasets = [exampleDataset];
      return { model: MODEL, dataset: exampleDataset.dataset, rows: exampleDataset.rows, existed: false };
    }
    if (name === 'prepare-dataset') {
      this.prepared = [examplePrepared];
      return { model: MODEL, prepared: examplePrepared.prepared, ...examplePrepared.rows, existed: false };
    }
    this.versions = [exampleVersion];
    return { model: MODEL, version: exampleVersion.version, artifact: exampleVersion.artifact, metrics: exampleVersion.metrics, existed: false };
  }
}

function jobOperations(service: string): Type<unknown> {
  @Controller()
  class JobsController {
    constructor(private readonly platform: MemoryPlatform) {}

    @Operation(getJobOf(service, ''))
    getJob(request: { id: string; afterRevision?: number }): Promise<JobView> {
      return this.platform.poll(service, request);
    }

    @Operation(listJobsOf(service, ''))
    listJobs({ state }: { state?: string }): { jobs: JobView[] } {
      return { jobs: [...this.platform.jobs.values()].filter((job) => job.service === service && (state === undefined || job.state === state)) };
    }

    @Operation(cancelJobOf(service, ''))
    cancelJob({ id }: { id: string }): JobView {
      const job = this.platform.find(service, id);
      return isEnded(job.state) ? job : this.platform.set({ ...job, state: 'cancelled', endedAt: job.createdAt });
    }
  }
  return JobsController;
}

@Controller()
class IngestionController {
  constructor(private readonly platform: MemoryPlatform) {}

  @Operation(beginUpload)
  begin(request: RequestOf<typeof beginUpload>, { idempotencyKey = randomUUID() }: RequestContext): ReplyOf<typeof beginUpload> {
    if (request.model !== MODEL) throw new Fault('UNKNOWN_MODEL', `no model ${request.model}`, { model: request.model });
    const { uploads, chunkBytes } = this.platform;
    const upload = uploads.get(idempotencyKey) ?? { request, id: randomUUID(), pieces: new Map() };
    uploads.set(idempotencyKey, upload);
    return { uploadId: upload.id, chunkBytes, chunks: Math.ceil(request.bytes / chunkBytes), missing: this.platform.missingOf(upload) };
  }

  @Operation(putChunk)
  put({ uploadId, index, data }: RequestOf<typeof putChunk>): ReplyOf<typeof putChunk> {
    if (this.platform.flakyPieces.delete(index)) throw new Fault('CONFLICT', `piece ${index} is refused`, { index });
    this.upload(uploadId).pieces.set(index, data);
    this.platform.putPieces.push(index);
    return { uploadId, index };
  }

  @Operation(finishUpload)
  finish({ uploadId, digest }: RequestOf<typeof finishUpload>): JobView {
    const upload = this.upload(uploadId);
    if (upload.job) return this.platform.find('ingestion', upload.job);
    const pieces = [...upload.pieces].sort(([a], [b]) => a - b).map(([, piece]) => piece);
    const received = `sha256:${createHash('sha256').update(Buffer.concat(pieces)).digest('hex')}`;
    if (received !== digest) throw new Fault('INTEGRITY', 'the pieces do not make the file', { expected: digest, received });
    const job = this.platform.enqueue('ingestion', 'ingest-dataset');
    upload.job = job.id;
    return job;
  }

  @Operation(listDatasets)
  list(): ReplyOf<typeof listDatasets> {
    return { datasets: this.platform.datasets };
  }

  @Operation(describeDataset)
  describe(): ReplyOf<typeof describeDataset> {
    return { ...exampleDataset, descriptor: exampleDescriptor };
  }

  private upload(id: string): Upload {
    const upload = [...this.platform.uploads.values()].find((one) => one.id === id);
    if (!upload) throw new Fault('NOT_FOUND', `no upload ${id}`, { uploadId: id });
    return upload;
  }
}

@Controller()
class PreprocessingController {
  constructor(private readonly platform: MemoryPlatform) {}

  @Operation(startPreparation)
  start(): JobView {
    return this.platform.enqueue('preprocessing', 'prepare-dataset');
  }

  @Operation(listPrepared)
  list(): ReplyOf<typeof listPrepared> {
    return { prepared: this.platform.prepared };
  }
}

@Controller()
class TrainingController {
  constructor(private readonly platform: MemoryPlatform) {}

  @Operation(startTraining)
  start(): JobView {
    return this.platform.enqueue('training', 'train-model');
  }

  @Operation(listVersions)
  list(): ReplyOf<typeof listVersions> {
    return { versions: this.platform.versions };
  }

  @Operation(promoteVersion)
  promote({ model, version }: RequestOf<typeof promoteVersion>): Promotion {
    const known = this.platform.versions.some((view) => view.version === version);
    if (!known) throw new Fault('NOT_FOUND', `${model} has no version ${version}`, { model, version });
    this.platform.promoted = { ...this.platform.promoted, version };
    return this.platform.promoted;
  }

  @Operation(rollbackModel)
  rollback(): Promotion {
    return this.platform.promoted;
  }
}

@Controller()
class PredictionController {
  @Operation(predict)
  predict({ rows, level, explain }: RequestOf<typeof predict>, { model }: RequestContext): ReplyOf<typeof predict> {
    if (model !== MODEL) throw new Fault('UNKNOWN_MODEL', `no model ${model ?? ''} is promoted here`, { model });
    const issue = { row: 0, field: 'weight', expected: 'no such feature', received: 'number' };
    const text = `rows[0].weight: expected ${issue.expected}; received number`;
    if (issue.field in rows[0]) throw new Fault('INVALID_REQUEST', text, { issues: [issue], issueCount: 1 });
    const { explanation, ...answer } = predict.example.reply.answers[0];
    const interval = { ...answer.uncertainty!.interval, ...(level === undefined ? {} : { level }) };
    const one = { ...answer, uncertainty: { method: 'jackknife+', interval }, ...(explain ? { explanation } : {}) };
    return { model, version: 1, answers: rows.map(() => one) };
  }

  @Operation(describeModel)
  describe(): ReplyOf<typeof describeModel> {
    return describeModel.example.reply as ReplyOf<typeof describeModel>;
  }

  @Operation(listModels)
  list(): ReplyOf<typeof listModels> {
    return listModels.example.reply;
  }
}

const CONTROLLERS: Readonly<Record<ServiceName, readonly Type<unknown>[]>> = {
  ingestion: [IngestionController, jobOperations('ingestion')],
  preprocessing: [PreprocessingController, jobOperations('preprocessing')],
  training: [TrainingController, jobOperations('training')],
  prediction: [PredictionController],
};

/** Starts one service of the platform on a test server. */
export function startMemoryService(platform: MemoryPlatform, name: ServiceName, nats: NatsTestServer): Promise<RunningService> {
  class MemoryModule {}
  const { user: natsUser, password: natsPassword } = nats.service;
  return runService({
    module: { module: MemoryModule, controllers: [...CONTROLLERS[name]], providers: [{ provide: MemoryPlatform, useValue: platform }] },
    name,
    version: '1.2.3',
    description: `The ${name} service in memory.`,
    config: { natsUrl: nats.url, natsUser, natsPassword, healthPort: 0, logLevel: 'error', drainTimeoutMs: 1_000, allowAnonymous: true },
    handlesSignals: false,
    logDestination: new Writable({ write: (_line, _encoding, done) => done() }),
  });
}
