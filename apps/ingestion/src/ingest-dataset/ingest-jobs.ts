/** The jobs of this service: which, who runs them and what is told of them. */
import { join, resolve } from 'node:path';
import { cancelJob } from '@salus/contracts/ingestion/cancel-job';
import { getJob } from '@salus/contracts/ingestion/get-job';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { jobChanged } from '@salus/contracts/ingestion/job-changed';
import { listJobs } from '@salus/contracts/ingestion/list-jobs';
import type { JobProgram, JobsOptions } from '@salus/jobs';
import type { IngestionConfig } from '../config';
import { UploadStore } from '../upload/upload.store';
import { announceDataset } from './announce-dataset';

/** @param program another way to run the job program, such as from its source */
export function ingestJobs(config: IngestionConfig, program: Partial<JobProgram> = {}): JobsOptions {
  return {
    service: 'ingestion',
    contracts: [ingestDataset],
    operations: { getJob, listJobs, cancelJob },
    changed: jobChanged,
    onSuccess: announceDataset,
    // The pieces hold patients as the file named them: they go at once; the hourly sweep finds those that a killed process left.
    onEnd: async ({ id, state }, database) => {
      if (state !== 'succeeded') await new UploadStore(database).forgetRefused(id);
    },
    program: { entry: join(__dirname, '..', 'job.main.js'), temporaryFolder: resolve(config.TEMPORARY_FOLDER), ...program },
    concurrency: config.JOB_CONCURRENCY,
    leaseMs: config.JOB_LEASE_MS,
  };
}
