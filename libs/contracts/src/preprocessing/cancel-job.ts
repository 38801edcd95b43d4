import { cancelJobOf } from '../job-view';

export const cancelJob = cancelJobOf('preprocessing', 'prepare-dataset');
