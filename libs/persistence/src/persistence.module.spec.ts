import { Test } from '@nestjs/testing';
import { startPostgres, type PostgresTestServer } from '@salus/testkit';
import { DataSource } from 'typeorm';
import { BlobStore, PersistenceModule } from './index';

describe('PersistenceModule', () => {
  let server: PostgresTestServer;

  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);

  afterAll(() => server?.stop());

  it('gives data source and blob store, and ends its connections with the app', async () => {
    const module = await Test.createTestingModule({ imports: [PersistenceModule.forService({ url: server.url, service: 'wired', entities: [], migrations: [] })] }).compile();
    const dataSource = module.get(DataSource);
    const { digest } = await module.get(BlobStore).put(Buffer.from('wired'), { reference: { service: 'wired', fact: 'f/1' } });
    expect(Buffer.from(await module.get(BlobStore).read(digest, { maxBytes: 100 })).toString()).toBe('wired');
    await module.close();
    expect(dataSource.isInitialized).toBe(false);
  });

  it('collects unreferenced blobs while the app runs', async () => {
    const options = { url: server.url, service: 'collecting', entities: [], migrations: [], collectEveryMs: 5, collectGraceMs: 0 };
    const module = await Test.createTestingModule({ imports: [PersistenceModule.forService(options)] }).compile();
    const store = module.get(BlobStore);
    const reference = { service: 'collecting', fact: 'f/1' };
    const { digest } = await store.put(Buffer.from('no longer needed'), { reference });
    const { digest: needed } = await store.put(Buffer.from('needed'), { reference });
    await module.init();
    await store.removeReference(digest, reference);
    while (await store.has(digest)) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await store.has(needed)).toBe(true);
    await module.close();
  });
});
