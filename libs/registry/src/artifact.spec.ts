import { MemoryBlobStore } from '@salus/persistence';
import { loadArtifact, saveArtifact, storedForm } from './artifact';
import { canonicalBytes } from './canonical-json';
import { madeArtifact } from './made-version.conformance';

const WEIGHTS = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 251);

/** Changes one stored bit, as a disk may. */
function tamper(blobs: MemoryBlobStore, digest: string): void {
  const { entries } = blobs as unknown as { entries: Map<string, { chunks: Buffer[] }> };
  const chunk = entries.get(digest)?.chunks.at(-1);
  if (!chunk) throw new Error(`no blob ${digest}`);
  chunk[chunk.length - 1] ^= 1;
}

describe('an artifact', () => {
  it('comes back as it was saved, under the digest of its descriptor', async () => {
    const blobs = new MemoryBlobStore();
    const artifact = await madeArtifact(WEIGHTS);
    const digest = await saveArtifact(blobs, artifact, undefined);
    expect(digest).toBe(canonicalBytes(artifact.descriptor).digest);
    const loaded = await loadArtifact(blobs, digest);
    expect(loaded.descriptor).toEqual(artifact.descriptor);
    expect(Buffer.compare(loaded.weights, WEIGHTS)).toBe(0);
  });

  it('has the same digest when it is saved again, and another with other weights', async () => {
    const blobs = new MemoryBlobStore();
    const digest = await saveArtifact(blobs, await madeArtifact(WEIGHTS), undefined);
    expect(await saveArtifact(blobs, await madeArtifact(WEIGHTS), undefined)).toBe(digest);
    expect(await saveArtifact(blobs, await madeArtifact(WEIGHTS.slice(1)), undefined)).not.toBe(digest);
  });

  it('is kept as long as the fact that names it: both blobs go when the reference goes', async () => {
    const blobs = new MemoryBlobStore();
    const artifact = await madeArtifact(WEIGHTS);
    const digest = await saveArtifact(blobs, artifact, undefined);
    expect(await blobs.collect({ graceMs: 0 })).toMatchObject({ blobs: 0 });
    for (const blob of [digest, artifact.descriptor.weights.digest]) await blobs.removeReference(blob, { service: 'training', fact: `artifact:${digest}` });
    expect(await blobs.collect({ graceMs: 0 })).toMatchObject({ blobs: 2 });
  });

  it('refuses weights that its descriptor does not name', async () => {
    const artifact = await madeArtifact(WEIGHTS);
    await expect(saveArtifact(new MemoryBlobStore(), { ...artifact, weights: WEIGHTS.slice(1) }, undefined)).rejects.toMatchObject({ code: 'INTEGRITY' });
  });

  it('refuses a descriptor that does not have its form, before anything is stored', async () => {
    const artifact = await madeArtifact(WEIGHTS);
    const descriptor = { ...artifact.descriptor, rows: { train: -1, test: 0 } };
    const blobs = new MemoryBlobStore();
    await expect(saveArtifact(blobs, { ...artifact, descriptor }, undefined)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(blobs.has(artifact.descriptor.weights.digest)).resolves.toBe(false);
    const unfinished = { ...artifact.descriptor, metrics: [{ name: 'r2', value: Number.NaN, lower: 0, upper: 1, level: 0.95 }] };
    expect(() => storedForm({ ...artifact, descriptor: unfinished })).toThrow(expect.objectContaining({ code: 'NOT_FINITE' }));
  });

  it.each([['weights'], ['descriptor']])('refuses stored %s that were tampered with', async (part) => {
    const blobs = new MemoryBlobStore();
    const artifact = await madeArtifact(WEIGHTS);
    const digest = await saveArtifact(blobs, artifact, undefined);
    tamper(blobs, part === 'weights' ? artifact.descriptor.weights.digest : digest);
    await expect(loadArtifact(blobs, digest)).rejects.toMatchObject({ code: 'INTEGRITY' });
  });

  it('is not found under another digest', async () => {
    await expect(loadArtifact(new MemoryBlobStore(), canonicalBytes({}).digest)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
