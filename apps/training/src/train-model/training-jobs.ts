/** The jobs of this service: which, who runs them and what is told of them. */
import { join, resolve } from 'node:path';
import { cancelJob } from '@salus/contracts/training/cancel-job';
import { getJob } from '@salus/contracts/training/get-job';
import { jobChanged } from '@salus/contracts/training/job-changed';
import { listJobs } from '@salus/contracts/training/list-jobs';
import { trainModel } from '@salus/contracts/training/train-model';
import type { JobProgram, JobsOptions } from '@salus/jobs';
import type { TrainingConfig } from '../config';
import { announceVersion } from './announce-version';

/** @param program another way to run the job program, such as from its source */
export function trainingJobs(config: TrainingConfig, program: Partial<JobProgram> = {}): JobsOptions {
  return {
    service: 'training',
    contracts: [trainModel],
    operations: { getJob, listJobs, cancelJob },
    changed: jobChanged,
    onSuccess: announceVersion,
    program: { entry: join(__dirname, '..', 'job.main.js'), temporaryFolder: resolve(config.TEMPORARY_FOLDER), ...program },
    concurrency: config.JOB_CONCURRENCY,
    leaseMs: config.JOB_LEASE_MS,
  };
}
