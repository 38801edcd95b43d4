import { MemoryBlobStore } from '@salus/persistence';
import { z } from 'zod';
import { canonicalBytes } from './canonical-json';
import { readDescriptor } from './descriptor';

const FORM = { schema: z.strictObject({ schema: z.literal('test/1'), rows: z.int() }), title: 'the descriptor of a test' };
const reference = { service: 'test', fact: 'descriptor' };

describe('a descriptor', () => {
  const blobs = new MemoryBlobStore();
  const store = async (bytes: Uint8Array): Promise<string> => (await blobs.put(bytes, { reference })).digest;

  it('comes back as it was stored', async () => {
    const { bytes, digest } = canonicalBytes({ schema: 'test/1', rows: 3 });
    await store(bytes);
    await expect(readDescriptor(blobs, digest, FORM)).resolves.toEqual({ schema: 'test/1', rows: 3 });
  });

  it.each([
    ['a blob that is not JSON', Buffer.from('age,sex\n59,2\n')],
    ['an empty blob', Buffer.alloc(0)],
    ['a descriptor of something else', Buffer.from('{"schema":"other/1","rows":3}')],
    ['a field too many', Buffer.from('{"schema":"test/1","rows":3,"more":1}')],
  ])('refuses %s and quotes nothing of it', async (_, bytes) => {
    const digest = await store(bytes);
    const fault = await readDescriptor(blobs, digest, FORM).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'INVALID_DATA', message: `blob ${digest} is not the descriptor of a test`, details: { digest } });
    expect(JSON.stringify(fault)).not.toContain('age,sex');
  });

  it('says so when there is none', async () => {
    await expect(readDescriptor(blobs, canonicalBytes({}).digest, FORM)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
