import { cancelJobOf } from '../job-view';

export const cancelJob = cancelJobOf('ingestion', 'ingest-dataset');
