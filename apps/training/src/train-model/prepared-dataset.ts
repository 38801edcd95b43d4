/** Finds the prepared dataset that a training is asked for, by its digest alone: preprocessing is not asked. */
import { preparedDescriptor, type PreparedDescriptor } from '@salus/contracts';
import { Fault } from '@salus/fault';
import type { BlobStore } from '@salus/persistence';
import { readDescriptor } from '@salus/registry';

/**
 * The descriptor of a prepared dataset of that model.
 * @throws Fault NOT_FOUND, INVALID_DATA when the blob is no prepared dataset, CONFLICT when it was prepared for another model
 */
export async function findPrepared(blobs: BlobStore, model: string, prepared: string): Promise<PreparedDescriptor> {
  if (!(await blobs.has(prepared))) throw new Fault('NOT_FOUND', `no prepared dataset ${prepared}`, { prepared });
  const descriptor = await readDescriptor(blobs, prepared, { schema: preparedDescriptor, title: 'the descriptor of a prepared dataset' });
  if (descriptor.model === model) return descriptor;
  throw new Fault('CONFLICT', `the dataset was prepared for model ${descriptor.model}; expected ${model}`, { expected: model, received: descriptor.model });
}
