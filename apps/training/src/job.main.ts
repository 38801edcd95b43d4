import 'reflect-metadata';
import { trainModel } from '@salus/contracts/training/train-model';
import { jobHandler, runJobProcess } from '@salus/jobs/process';
import { runTrainModel } from './train-model/train-model.job';
import { openTrainTools } from './train-model/train-tools';

void runJobProcess({ handlers: [jobHandler(trainModel, runTrainModel)], open: openTrainTools });
