import { listJobsOf } from '../job-view';

export const listJobs = listJobsOf('ingestion', 'ingest-dataset');
