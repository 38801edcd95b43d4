/** The three job operations, the same for every service: only the contracts differ. */
import { Controller, Inject, type Type } from '@nestjs/common';
import type { JobView, ReplyOf, RequestOf, cancelJobOf, getJobOf, listJobsOf } from '@salus/contracts';
import { Operation, type RequestContext } from '@salus/messaging';
import { JobQueue } from './job-queue';

type GetJob = ReturnType<typeof getJobOf>;
type ListJobs = ReturnType<typeof listJobsOf>;
type CancelJob = ReturnType<typeof cancelJobOf>;

/** The contracts of one service's job operations. */
export interface JobOperations {
  readonly getJob: GetJob;
  readonly listJobs: ListJobs;
  readonly cancelJob: CancelJob;
}

/** A controller class that answers these operations from the service's `JobQueue`. */
export function jobsControllerOf({ getJob, listJobs, cancelJob }: JobOperations): Type<unknown> {
  @Controller()
  class JobsController {
    constructor(@Inject(JobQueue) private readonly jobs: JobQueue) {}

    @Operation(getJob) getJob({ id, afterRevision, waitMs }: RequestOf<GetJob>, { stopping }: RequestContext): Promise<JobView> {
      return this.jobs.get(id, { afterRevision, waitMs, stopping });
    }

    @Operation(listJobs) async listJobs(request: RequestOf<ListJobs>): Promise<ReplyOf<ListJobs>> {
      return { jobs: await this.jobs.list(request) };
    }

    @Operation(cancelJob) cancelJob({ id }: RequestOf<CancelJob>): Promise<JobView> {
      return this.jobs.cancel(id);
    }
  }
  return JobsController;
}
