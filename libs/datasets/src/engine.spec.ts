import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine, readTable, writeTable, type Engine, type WritableTable } from './index';

const ONE_ROW: WritableTable = { rowCount: 1, columns: { x: { kind: 'number', values: Float64Array.of(1) } } };
const X = { columns: [{ name: 'x', type: 'number' as const }] };

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'salus-engine-'));
  await mkdir(join(folder, 'given'));
  engine = await openEngine({ memoryLimitMb: 128, threads: 1, temporaryFolder: join(folder, 'spill'), folders: [join(folder, 'given')] });
});
afterAll(async () => {
  engine.close();
  await rm(folder, { recursive: true });
});

const answer = (sql: string): Promise<unknown> => engine.use('a test', async (connection) => (await connection.runAndReadAll(sql)).getRows()[0]?.[0]);

describe('an engine', () => {
  it('writes and reads in its folders and refuses every other path', async () => {
    const inside = join(folder, 'given', 'a.parquet');
    await writeTable(engine, ONE_ROW, inside);
    expect((await readTable(engine, inside, X)).rowCount).toBe(1);
    await expect(writeTable(engine, ONE_ROW, join(folder, 'b.parquet'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(writeTable(engine, ONE_ROW, join(folder, 'given', '..', 'c.parquet'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(writeTable(engine, ONE_ROW, `${join(folder, 'given')}-beside.parquet`)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(readTable(engine, '/etc/passwd', X)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(answer(`SELECT content FROM read_text('/etc/passwd')`)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('reaches no network, loads no extension and lets nobody change its settings', async () => {
    await expect(answer(`SELECT * FROM 'https://localhost:1/x.parquet'`)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(answer('INSTALL httpfs')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(answer('SET enable_external_access = true')).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(answer('SET threads = 8')).rejects.toMatchObject({ code: 'INVALID_DATA' });
    expect(await answer(`SELECT current_setting('threads')::INTEGER`)).toBe(1);
    expect(await answer(`SELECT current_setting('memory_limit')`)).toBe('128.0 MiB');
  });

  it('keeps what two operations do at the same time apart', async () => {
    const paths = [1, 2, 3].map((at) => join(folder, 'given', `${at}.parquet`));
    await Promise.all(paths.map((path, at) => writeTable(engine, { rowCount: 1, columns: { x: { kind: 'number', values: Float64Array.of(at) } } }, path)));
    const tables = await Promise.all(paths.map((path) => readTable(engine, path, X)));
    expect(tables.map(({ columns }) => (columns.x as { values: Float64Array }).values[0])).toEqual([0, 1, 2]);
  });

  it('ends a statement that runs when the signal fires', async () => {
    const stop = new AbortController();
    const long = engine.use('a test', (connection) => connection.run('SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range % 7 = b.range'), stop.signal);
    setTimeout(() => stop.abort(), 20);
    await expect(long).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('keeps the class of an error and drops its text, which may quote a value', async () => {
    const fault = await answer(`SELECT 'canary'::INTEGER`).catch((error: unknown) => error as Error & { details: object });
    expect(fault).toMatchObject({ code: 'INVALID_DATA', details: { errorClass: 'Conversion Error' } });
    expect((fault as Error).message).not.toContain('canary');
    expect((fault as Error).cause).toBeUndefined();
  });

  it('refuses limits that make no sense, and work after it was closed', async () => {
    const options = { memoryLimitMb: 128, threads: 1, temporaryFolder: join(folder, 'spill') };
    await expect(openEngine({ ...options, memoryLimitMb: 0 })).rejects.toMatchObject({ code: 'CONFIGURATION' });
    await expect(openEngine({ ...options, threads: 1.5 })).rejects.toMatchObject({ code: 'CONFIGURATION' });
    const closed = await openEngine(options);
    closed.close();
    closed.close();
    await expect(writeTable(closed, ONE_ROW, join(folder, 'spill', 'x.parquet'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
