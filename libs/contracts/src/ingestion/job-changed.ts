import { jobChangedOf } from '../job-view';

export const jobChanged = jobChangedOf('ingestion', 'ingest-dataset');
