/** The jobs of this service: which, who runs them and what is told of them. */
import { join, resolve } from 'node:path';
import { cancelJob } from '@salus/contracts/preprocessing/cancel-job';
import { getJob } from '@salus/contracts/preprocessing/get-job';
import { jobChanged } from '@salus/contracts/preprocessing/job-changed';
import { listJobs } from '@salus/contracts/preprocessing/list-jobs';
import { prepareDataset } from '@salus/contracts/preprocessing/prepare-dataset';
import type { JobProgram, JobsOptions } from '@salus/jobs';
import type { PreprocessingConfig } from '../config';
import { announcePrepared } from './announce-prepared';

/** @param program another way to run the job program, such as from its source */
export function preparationJobs(config: PreprocessingConfig, program: Partial<JobProgram> = {}): JobsOptions {
  return {
    service: 'preprocessing',
    contracts: [prepareDataset],
    operations: { getJob, listJobs, cancelJob },
    changed: jobChanged,
    onSuccess: announcePrepared,
    program: { entry: join(__dirname, '..', 'job.main.js'), temporaryFolder: resolve(config.TEMPORARY_FOLDER), ...program },
    concurrency: config.JOB_CONCURRENCY,
    leaseMs: config.JOB_LEASE_MS,
  };
}
