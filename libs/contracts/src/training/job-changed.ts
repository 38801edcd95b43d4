import { jobChangedOf } from '../job-view';

export const jobChanged = jobChangedOf('training', 'train-model');
