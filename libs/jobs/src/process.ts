/** What a `job.main.ts` needs, and nothing of Nest and NATS: a job process starts in a fraction of the time without them. */
export type { JobContext } from './job-context';
export { type JobHandler, type JobProcessOptions, type JobResources, jobHandler, runJobProcess } from './job-process';
export { jobEntities } from './job.entity';
export { jobMigrations } from './create-jobs.migration';
