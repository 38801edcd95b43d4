import { jobChangedOf } from '../job-view';

export const jobChanged = jobChangedOf('preprocessing', 'prepare-dataset');
