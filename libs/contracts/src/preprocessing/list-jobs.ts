import { listJobsOf } from '../job-view';

export const listJobs = listJobsOf('preprocessing', 'prepare-dataset');
