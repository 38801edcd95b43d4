/** The second step of the ingest job: the received file checked against its model and written as Parquet. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DatasetDescriptor } from '@salus/contracts';
import { checkCsv, openEngine, type CheckProgress, type EngineOptions } from '@salus/datasets';
import { Fault } from '@salus/fault';
import { digestOfFile, type RegisteredModel } from '@salus/registry';
import { refusedReport } from './refused-report';

/** What is checked and where the result goes. */
export interface FileCheck {
  readonly model: RegisteredModel;
  readonly source: DatasetDescriptor['source'];
  readonly csvPath: string;
  /** Where the Parquet file goes; other files of the check lie in its folder. */
  readonly parquetPath: string;
  /** The key for patient pseudonyms, when the manifest names a patient column. */
  readonly pseudonymKey?: Uint8Array;
  readonly engineOptions: Omit<EngineOptions, 'temporaryFolder'>;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CheckProgress) => void;
}

/**
 * Checks a file.
 * @returns the descriptor of the dataset version that it is
 * @throws Fault INVALID_DATA with `details.report` when the file does not fit the manifest
 */
export async function checkFile({ model, source, engineOptions, ...request }: FileCheck): Promise<DatasetDescriptor> {
  const { parquetPath } = request;
  const engine = await openEngine({ ...engineOptions, temporaryFolder: dirname(parquetPath) });
  try {
    const { accepted, report } = await checkCsv(engine, { ...request, manifest: model.manifest, outputPath: parquetPath });
    if (!accepted) {
      const kinds = Object.entries(report.issueCount).map(([kind, times]) => `${times} × ${kind}`);
      throw new Fault('INVALID_DATA', `the file does not fit models/${model.manifest.id}/model.json: ${kinds.join(', ')}`, { report: refusedReport(report) });
    }
    const data = { digest: await digestOfFile(parquetPath), bytes: (await stat(parquetPath)).size, rows: report.accepted };
    return { schema: 'salus.dataset/1', model: model.manifest.id, manifest: model.manifestDigest, source, data, report };
  } finally {
    engine.close();
  }
}
