/**
 * Saves and loads the artifact of a model version: two blobs, `model.json` (the version descriptor) and the weights in
 * safetensors. The digest of the descriptor names the version; it holds the digest of the weights and nothing of time or
 * host, so that the same training gives the same artifact.
 */
import { versionDescriptor, type VersionDescriptor } from '@salus/contracts';
import { Fault } from '@salus/fault';
import type { BlobStore, PutOptions } from '@salus/persistence';
import { canonicalBytes } from './canonical-json';

/** Largest descriptor and largest weights that are read into memory, in bytes. */
const DESCRIPTOR_LIMIT = 64 << 20;
const WEIGHTS_LIMIT = 1 << 30;

export interface Artifact {
  readonly descriptor: VersionDescriptor;
  readonly weights: Uint8Array;
}

/**
 * Stores an artifact within the transaction that registers its version.
 * @returns the artifact's digest
 */
export async function saveArtifact(blobs: BlobStore, artifact: Artifact, transaction: PutOptions['transaction']): Promise<string> {
  const { bytes, digest } = canonicalBytes(versionDescriptor.parse(artifact.descriptor));
  const reference = { service: 'training', fact: `artifact:${digest}` };
  const weights = await blobs.put(artifact.weights, { reference, transaction });
  if (weights.digest !== artifact.descriptor.weights.digest) {
    throw new Fault('INTEGRITY', 'the weights are not those that the descriptor names', { expected: artifact.descriptor.weights.digest, received: weights.digest });
  }
  await blobs.put(bytes, { reference, transaction });
  return digest;
}

/**
 * Loads an artifact; every byte is checked against its digest.
 * @throws Fault NOT_FOUND, INTEGRITY, or INVALID_MANIFEST when the descriptor is not one
 */
export async function loadArtifact(blobs: BlobStore, digest: string): Promise<Artifact> {
  const text = Buffer.from(await blobs.read(digest, { maxBytes: DESCRIPTOR_LIMIT })).toString('utf8');
  const parsed = versionDescriptor.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const issues = parsed.error.issues.slice(0, 10).map((issue) => ({ path: issue.path.join('.'), expected: issue.message }));
    throw new Fault('INVALID_MANIFEST', `blob ${digest} is not the descriptor of a model version`, { digest, issues });
  }
  return { descriptor: parsed.data, weights: await blobs.read(parsed.data.weights.digest, { maxBytes: WEIGHTS_LIMIT }) };
}
