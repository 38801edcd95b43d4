import { join } from 'node:path';
import type { Promotion } from '@salus/contracts';
import { MemoryKeyValue } from '@salus/messaging';
import type { Log } from '@salus/observability';
import { MemoryBlobStore } from '@salus/persistence';
import { BucketSource, PromotionProjection, REGISTRY_BUCKET, saveArtifact } from '@salus/registry';
import { makeModel } from './conformance';
import { ModelHost } from './model-host';
import { RegistryFollower } from './registry-follower';

/** A log that keeps its messages. */
function keptLog(): { log: Log; messages: string[] } {
  const messages: string[] = [];
  const keep = (message: string): void => void messages.push(message);
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  return { log, messages };
}

describe('the registry follower', () => {
  const blobs = new MemoryBlobStore();
  let promotion: Promotion;
  beforeAll(async () => {
    const { artifact } = await makeModel({ models: join(__dirname, '../../../models'), id: 'blood-pressure' });
    promotion = { model: 'blood-pressure', service: 'prediction', alias: 'production', version: 1, artifact: await saveArtifact(blobs, artifact, undefined), revision: 1 };
  });

  const started = async (only?: ReadonlySet<string>) => {
    const bucket = new MemoryKeyValue().open(REGISTRY_BUCKET);
    await new PromotionProjection(bucket).project([promotion], 1);
    const host = new ModelHost(blobs, only);
    const { log, messages } = keptLog();
    const follower = new RegistryFollower(new BucketSource(bucket, 'prediction'), host, log);
    await follower.onApplicationBootstrap();
    return { host, messages, close: () => follower.onApplicationShutdown() };
  };

  it('has loaded what is promoted before the app takes requests', async () => {
    const { host, messages, close } = await started();
    expect(host.get('blood-pressure').version).toBe(1);
    expect(messages).toEqual(['a model version answers']);
    await close();
  });

  it('says nothing of models that it does not answer with', async () => {
    const { host, messages, close } = await started(new Set(['other']));
    expect([host.list(), messages]).toEqual([[], []]);
    await close();
  });

  it('lets the app start when the bucket is empty', async () => {
    const { log, messages } = keptLog();
    const follower = new RegistryFollower(new BucketSource(new MemoryKeyValue().open(REGISTRY_BUCKET), 'prediction'), new ModelHost(blobs), log);
    await follower.onApplicationBootstrap();
    await follower.onApplicationShutdown();
    expect(messages).toEqual([]);
  });
});
