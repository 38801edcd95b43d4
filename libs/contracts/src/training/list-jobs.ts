import { listJobsOf } from '../job-view';

export const listJobs = listJobsOf('training', 'train-model');
