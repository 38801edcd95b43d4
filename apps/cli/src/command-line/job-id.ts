import { z } from 'zod';

/** The id of a job as a person types it. */
export const jobId = z.uuid('a job id such as 0f8fad5b-d9cb-469f-a165-70867728950e');
