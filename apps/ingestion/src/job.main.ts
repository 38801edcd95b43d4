import 'reflect-metadata';
import { ingestDataset } from '@salus/contracts/ingestion/ingest-dataset';
import { jobHandler, runJobProcess } from '@salus/jobs/process';
import { runIngestDataset } from './ingest-dataset/ingest-dataset.job';
import { openIngestTools } from './ingest-dataset/ingest-tools';

void runJobProcess({ handlers: [jobHandler(ingestDataset, runIngestDataset)], open: openIngestTools });
