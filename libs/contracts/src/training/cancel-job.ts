import { cancelJobOf } from '../job-view';

export const cancelJob = cancelJobOf('training', 'train-model');
