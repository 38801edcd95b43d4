import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { openEngine, readTable, rowCount, writeTable, type Engine, type WritableTable } from './index';

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'salus-tables-'));
  engine = await openEngine({ memoryLimitMb: 256, threads: 2, temporaryFolder: folder });
});
afterAll(async () => {
  engine.close();
  await rm(folder, { recursive: true });
});

const NUMBERS = { columns: [{ name: 'x', type: 'number' as const }] };
const numbersTable = (values: Float64Array): WritableTable => ({ rowCount: values.length, columns: { x: { kind: 'number', values } } });

async function throughFile(values: Float64Array): Promise<Float64Array> {
  const path = join(folder, 'numbers.parquet');
  await writeTable(engine, numbersTable(values), path);
  const { columns } = await readTable(engine, path, NUMBERS);
  return (columns.x as { values: Float64Array }).values;
}

describe('a table written and read again', () => {
  it('has the same bits, with NaN as missing, −0 and subnormal numbers', async () => {
    const special = [0, -0, NaN, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, Number.EPSILON, 0.1, Infinity];
    const values = Float64Array.from({ length: 300_000 }, (_, row) => special[row % special.length]);
    const read = await throughFile(values);
    expect(read.findIndex((value, row) => !Object.is(value, values[row]))).toBe(-1);
    expect(read).toHaveLength(values.length);
  });

  it('has the same bits for random doubles', async () => {
    await fc.assert(
      fc.asyncProperty(fc.float64Array({ maxLength: 300 }), async (values) => expect(await throughFile(values)).toEqual(values)),
      { numRuns: 60, seed: 11 },
    );
  });

  it('keeps categories, whole numbers and any column name, in order', async () => {
    const levels = [`o'ne`, 'two "2"', ''];
    const table: WritableTable = {
      rowCount: 4,
      columns: {
        row: { kind: 'integer', values: Int32Array.of(0, 1, 5, 2_147_483_647) },
        'a "b" \'c\'; --': { kind: 'category', codes: Int32Array.of(2, -1, 0, 1), levels },
        split: { kind: 'integer', values: Int32Array.of(0, 1, 0, 1) },
      },
    };
    const path = join(folder, 'mixed.parquet');
    await writeTable(engine, table, path);
    const columns = [{ name: 'a "b" \'c\'; --', type: 'category' as const, levels }, { name: 'row', type: 'number' as const }];
    const all = await readTable(engine, path, { columns });
    expect(all).toEqual({ rowCount: 4, columns: { 'a "b" \'c\'; --': { kind: 'category', codes: Int32Array.of(2, -1, 0, 1), levels }, row: { kind: 'number', values: Float64Array.of(0, 1, 5, 2_147_483_647) } } });
    const test = await readTable(engine, path, { columns: [columns[1]], where: { column: 'split', equals: 1 } });
    expect(test).toEqual({ rowCount: 2, columns: { row: { kind: 'number', values: Float64Array.of(1, 2_147_483_647) } } });
    const named = await readTable(engine, path, { columns: [columns[1]], where: { column: 'a "b" \'c\'; --', equals: `o'ne` } });
    expect(named.columns.row).toEqual({ kind: 'number', values: Float64Array.of(5) });
  });

  it('may have no row', async () => {
    expect(await throughFile(new Float64Array(0))).toHaveLength(0);
    expect(await rowCount(engine, join(folder, 'numbers.parquet'))).toBe(0);
  });

  it('has the same bytes on one thread and on two, and replaces the file that was there', async () => {
    const path = join(folder, 'threads.parquet');
    const values = Float64Array.from({ length: 400_000 }, (_, row) => Math.sin(row));
    const digests: string[] = [];
    for (const threads of [1, 2, 2]) {
      const other = await openEngine({ memoryLimitMb: 128, threads, temporaryFolder: folder });
      await writeTable(other, numbersTable(values), path);
      other.close();
      digests.push(createHash('sha256').update(await readFile(path)).digest('hex'));
    }
    expect(new Set(digests).size).toBe(1);
    expect((await readdir(folder)).filter((name) => name.includes('.part-'))).toEqual([]);
  });
});

describe('a table is refused', () => {
  it('when a column has another length, a code is no level, or there is no column', async () => {
    const path = join(folder, 'refused.parquet');
    const codes = { kind: 'category', codes: Int32Array.of(0, 2), levels: ['a', 'b'] } as const;
    await expect(writeTable(engine, { rowCount: 3, columns: { c: codes } }, path)).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    await expect(writeTable(engine, { rowCount: 2, columns: { c: codes } }, path)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(writeTable(engine, { rowCount: 0, columns: {} }, path)).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    expect(await readdir(folder)).not.toContain('refused.parquet');
  });

  it('on reading, when a value is not a level or not a number, without telling the value', async () => {
    const path = join(folder, 'levels.parquet');
    await writeTable(engine, { rowCount: 2, columns: { c: { kind: 'category', codes: Int32Array.of(0, 1), levels: ['a', 'canary'] } } }, path);
    for (const column of [{ name: 'c', type: 'category' as const, levels: ['a', 'b'] }, { name: 'c', type: 'number' as const }]) {
      const fault = await readTable(engine, path, { columns: [column] }).catch((error: unknown) => error as Error);
      expect(fault).toMatchObject({ code: 'INVALID_DATA' });
      expect(JSON.stringify(fault) + (fault as Error).message).not.toContain('canary');
    }
  });

  it('when the column, the file or its format is not there', async () => {
    const path = join(folder, 'damaged.parquet');
    await expect(readTable(engine, path, NUMBERS)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await writeTable(engine, numbersTable(Float64Array.of(1, 2, 3)), path);
    await expect(readTable(engine, path, { columns: [{ name: 'y', type: 'number' }] })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 20));
    await expect(readTable(engine, path, NUMBERS)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(rowCount(engine, path)).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });
});
