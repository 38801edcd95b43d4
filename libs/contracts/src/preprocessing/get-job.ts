import { getJobOf } from '../job-view';

export const getJob = getJobOf('preprocessing', 'prepare-dataset');
