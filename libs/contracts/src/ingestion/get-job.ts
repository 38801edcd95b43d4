import { getJobOf } from '../job-view';

export const getJob = getJobOf('ingestion', 'ingest-dataset');
