import { getJobOf } from '../job-view';

export const getJob = getJobOf('training', 'train-model');
