/** The jobs of this service: which, who runs them and what is told of them. */
import { join, resolve } from 'node:path';
import { cancelJob } from '@salus/contracts/ingestion/cancel-job';
import { getJob } from '@salus/contracts/ingestion/get-job';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { jobChanged } from '@salus/contracts/ingestion/job-changed';
import { listJobs } from '@salus/contracts/ingestion/list-jobs';
import type { JobProgram, JobsOptions } from '@salus/jobs';
import type { IngestionConfig } from '../config';
import { announceDataset } from './announce-dataset';

/** @param program another way to run the job program, such as from its source */
export function ingestJobs(config: IngestionConfig, program: Partial<JobProgram> = {}): JobsOptions {
  return {
    service: 'ingestion',
    contracts: [ingestDataset],
    operations: { getJob, listJobs, cancelJob },
    changed: jobChanged,
    onSuccess: announceDataset,
    program: { entry: join(__dirname, '..', 'job.main.js'), temporaryFolder: resolve(config.TEMPORARY_FOLDER), ...program },
    concurrency: config.JOB_CONCURRENCY,
    leaseMs: config.JOB_LEASE_MS,
  };
}
