import 'reflect-metadata';
import { prepareDataset } from '@salus/contracts/preprocessing/prepare-dataset';
import { jobHandler, runJobProcess } from '@salus/jobs/process';
import { runPrepareDataset } from './prepare-dataset/prepare-dataset.job';
import { openPrepareTools } from './prepare-dataset/prepare-tools';

void runJobProcess({ handlers: [jobHandler(prepareDataset, runPrepareDataset)], open: openPrepareTools });
