/**
 * Saves and loads the artifact of a model version: two blobs, `model.json` (the version descriptor) and the weights in
 * safetensors. The digest of the descriptor names the version; it holds the digest of the weights and nothing of time or
 * host, so that the same training gives the same artifact.
 */
import { versionDescriptor, type VersionDescriptor } from '@salus/contracts';
import { Fault } from '@salus/fault';
import type { BlobStore, PutOptions } from '@salus/persistence';
import { canonicalBytes } from './canonical-json';
import { parseDescriptor, readDescriptor } from './descriptor';

/** Largest weights that are read into memory, in bytes. */
const WEIGHTS_LIMIT = 1 << 30;
const VERSION_FORM = { schema: versionDescriptor, title: 'the descriptor of a model version' };

/** A model version outside of any store. */
export interface Artifact {
  readonly descriptor: VersionDescriptor;
  readonly weights: Uint8Array;
}

/**
 * The artifact as it comes back from its stored form, without a store: what is scored before it is registered.
 * @throws Fault NOT_FINITE or SHAPE_MISMATCH for what JSON cannot hold, INVALID_DATA when the descriptor does not have its form
 */
export function storedForm({ descriptor, weights }: Artifact): Artifact {
  const { bytes, digest } = canonicalBytes(descriptor);
  return { descriptor: parseDescriptor(bytes, digest, VERSION_FORM), weights };
}

/**
 * Stores an artifact within the transaction that registers its version.
 * @returns the artifact's digest
 * @throws Fault INVALID_DATA when the descriptor does not have its form, INTEGRITY when it names other weights
 */
export async function saveArtifact(blobs: BlobStore, artifact: Artifact, transaction: PutOptions['transaction']): Promise<string> {
  const { descriptor } = storedForm(artifact);
  const { bytes, digest } = canonicalBytes(descriptor);
  const reference = { service: 'training', fact: `artifact:${digest}` };
  const weights = await blobs.put(artifact.weights, { reference, transaction });
  if (weights.digest !== descriptor.weights.digest) {
    throw new Fault('INTEGRITY', 'the weights are not those that the descriptor names', { expected: descriptor.weights.digest, received: weights.digest });
  }
  await blobs.put(bytes, { reference, transaction });
  return digest;
}

/**
 * Loads an artifact; every byte is checked against its digest.
 * @throws Fault NOT_FOUND, INTEGRITY, TOO_LARGE for weights above 1 GiB, or INVALID_DATA when the blob is no version descriptor
 */
export async function loadArtifact(blobs: BlobStore, digest: string): Promise<Artifact> {
  const descriptor = await readDescriptor(blobs, digest, VERSION_FORM);
  return { descriptor, weights: await blobs.read(descriptor.weights.digest, { maxBytes: WEIGHTS_LIMIT }) };
}
