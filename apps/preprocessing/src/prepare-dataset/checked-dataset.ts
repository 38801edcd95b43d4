/**
 * Finds the dataset version that a preparation is asked for, by its digest alone: ingestion is not asked. The file was
 * checked against the manifest of its day; where columns, units or ranges have changed since, the check says nothing about
 * the manifest of now, and the file has to be ingested again.
 */
import { datasetDescriptor, manifestSchema, type DatasetDescriptor, type ModelManifest } from '@salus/contracts';
import { Fault } from '@salus/fault';
import type { BlobStore } from '@salus/persistence';
import { canonicalJson, readDescriptor, type RegisteredModel } from '@salus/registry';

/**
 * The descriptor of a dataset version that was checked for that model as it is registered now.
 * @throws Fault NOT_FOUND, INVALID_DATA when the blob is no dataset version, CONFLICT when it was checked for another model or
 * against other columns
 */
export async function findDataset(blobs: BlobStore, model: RegisteredModel, dataset: string): Promise<DatasetDescriptor> {
  if (!(await blobs.has(dataset))) throw new Fault('NOT_FOUND', `no dataset version ${dataset}`, { dataset });
  const descriptor = await readDescriptor(blobs, dataset, { schema: datasetDescriptor, title: 'the descriptor of a dataset version' });
  const { id } = model.manifest;
  if (descriptor.model !== id) {
    throw new Fault('CONFLICT', `the dataset was checked for model ${descriptor.model}; expected ${id}`, { expected: id, received: descriptor.model });
  }
  if (descriptor.manifest === model.manifestDigest) return descriptor;
  const checkedBy = await readDescriptor(blobs, descriptor.manifest, { schema: manifestSchema, title: 'the manifest of a model' });
  if (checksOf(checkedBy) === checksOf(model.manifest)) return descriptor;
  throw new Fault('CONFLICT', `the dataset was checked against other columns, ranges or units than models/${id}/model.json has now; ingest the file again`, {
    dataset,
    expected: model.manifestDigest,
    received: descriptor.manifest,
  });
}

/** What the check of a file looks at, as one text: everything but words for people. */
function checksOf({ features, target, patient, checks }: ModelManifest): string {
  const bare = (column: ModelManifest['features'][number]) => ({ ...column, title: undefined, description: undefined });
  return canonicalJson({ features: features.map(bare), target: bare(target), patient, checks });
}
