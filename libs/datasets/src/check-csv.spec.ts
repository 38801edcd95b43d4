import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifestSchema, type DataReport, type ModelManifest } from '@salus/contracts';
import fc from 'fast-check';
import { checkCsv, openEngine, readTable, rowCount, type CheckOutcome, type CheckRequest, type Engine } from './index';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef', 'hex');
const KEY_LONG = Buffer.concat([KEY, KEY]);

const number = (name: string, extra: object = {}): object => ({ name, title: name, type: 'number', unit: '1', minimum: 0, maximum: 200, ...extra });
const sex = { name: 'sex', title: 'Sex', type: 'category', levels: ['female', 'male'] };
function manifestOf(changes: object = {}): ModelManifest {
  return manifestSchema.parse({
    schema: 'salus.model/1', id: 'test-model', title: 'Test', summary: 'A test.', service: 'prediction', task: 'regression', intendedUse: 'Tests.', notFor: 'Patients.',
    source: { name: 'made by the test', licence: 'MIT', citation: 'none' },
    features: [number('age', { integer: true }), sex], target: number('bp'),
    pipeline: [], split: { by: 'random', testFraction: 0.2 }, learner: { algorithm: 'none' }, metrics: ['mse'], seed: 1, ...changes,
  });
}

let folder: string;
let engine: Engine;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'salus-datasets-'));
  engine = await openEngine({ memoryLimitMb: 256, threads: 2, temporaryFolder: folder });
});
afterAll(async () => {
  engine.close();
  await rm(folder, { recursive: true });
});

async function check(text: string | Buffer, request: Partial<CheckRequest> = {}): Promise<CheckOutcome & { outputPath: string }> {
  const csvPath = join(folder, `${++files}.csv`);
  const outputPath = join(folder, `${files}.parquet`);
  await writeFile(csvPath, text);
  return { ...(await checkCsv(engine, { csvPath, manifest: manifestOf(), outputPath, ...request })), outputPath };
}

/** The accepted rows as text, columns in the order row, age, sex, bp. */
async function rowsOf(parquetPath: string): Promise<string[]> {
  const { columns, rowCount: rows } = await readTable(engine, parquetPath, {
    columns: [{ name: 'row', type: 'number' }, { name: 'age', type: 'number' }, { ...sex, type: 'category' }, { name: 'bp', type: 'number' }],
  });
  const text = (name: string, row: number): string => {
    const column = columns[name];
    return column.kind === 'number' ? String(column.values[row]) : (column.levels[column.codes[row]] ?? '-');
  };
  return Array.from({ length: rows }, (_, row) => ['row', 'age', 'sex', 'bp'].map((name) => text(name, row)).join('|'));
}

const issuesOf = (report: DataReport): string[] => report.issues.map(({ row, column, kind }) => `${row} ${column ?? '-'} ${kind}`);

describe('checkCsv takes', () => {
  const ACCEPTED: [string, string | Buffer, string[]][] = [
    ['a plain file', 'age,sex,bp\n40,male,120\n41,female,121.5\n', ['0|40|male|120', '1|41|female|121.5']],
    ['columns in another order, with others between', 'bp,x,sex,age\n120,?,male,40\n', ['0|40|male|120']],
    ['semicolons', 'age;sex;bp\n40;male;120\n', ['0|40|male|120']],
    ['tabs', 'age\tsex\tbp\n40\tmale\t120\n', ['0|40|male|120']],
    ['a byte order mark', '\ufeffage,sex,bp\n40,male,120\n', ['0|40|male|120']],
    ['CR LF line ends', 'age,sex,bp\r\n40,male,120\r\n', ['0|40|male|120']],
    ['no line end after the last row', 'age,sex,bp\n40,male,120', ['0|40|male|120']],
    ['a CR at the very end', 'age,sex,bp\n40,male,120\r', ['0|40|male|120']],
    ['blank lines at the end', 'age,sex,bp\n40,male,120\n\n\r\n\n', ['0|40|male|120']],
    ['quoted cells and names', '"age","sex","bp"\n"40","male","120"\n', ['0|40|male|120']],
    ['delimiters, line ends and quotes inside a quoted cell', 'age,note,sex,bp\n40,"a, ""b""\r\nc\n",male,120\n41,,female,1', ['0|40|male|120', '1|41|female|1']],
    ['white space around cells', 'age , sex,bp\n 40 ,\tmale , 120\n', ['0|40|male|120']],
    ['signs, points and exponents', 'age,sex,bp\n+4e1,male,.5\n4.0,male,5.\n0e-9,male,1.25E+2\n', ['0|40|male|0.5', '1|4|male|5', '2|0|male|125']],
  ];
  it.each(ACCEPTED)('%s', async (_, text, rows) => {
    const { accepted, report, outputPath } = await check(text);
    expect({ accepted, issues: report.issues, count: report.accepted }).toEqual({ accepted: true, issues: [], count: rows.length });
    expect(await rowsOf(outputPath)).toEqual(rows);
  });

  it('missing cells where the manifest allows them, in every spelling', async () => {
    const manifest = manifestOf({ features: [number('age', { missing: 'allow' }), { ...sex, missing: 'allow' }] });
    const { accepted, report, outputPath } = await check('age,sex,bp\n,"",1\n  ,NA,2\nn/a,N/A,3\nNULL,null,4\n', { manifest });
    expect({ accepted, missing: report.columns.map((column) => column.missing), issues: report.issueCount }).toEqual({ accepted: true, missing: [4, 4, 0], issues: {} });
    expect(await rowsOf(outputPath)).toEqual(['0|NaN|-|1', '1|NaN|-|2', '2|NaN|-|3', '3|NaN|-|4']);
  });

  it('a level that is spelt like a missing value', async () => {
    const manifest = manifestOf({ features: [number('age'), { ...sex, levels: ['NA', 'eu'] }] });
    const { accepted, outputPath } = await check('age,sex,bp\n1,NA,1\n', { manifest });
    expect(accepted).toBe(true);
    const { columns } = await readTable(engine, outputPath, { columns: [{ name: 'sex', type: 'category', levels: ['NA', 'eu'] }] });
    expect(columns.sex).toMatchObject({ codes: Int32Array.of(0) });
  });

  it('levels with quotes, delimiters and SQL in them', async () => {
    const levels = [`it's`, 'a "b", c', `'); DROP TABLE stage; --`];
    const manifest = manifestOf({ features: [{ ...sex, levels }] });
    const { accepted, outputPath } = await check(`sex,bp\nit's,1\n"a ""b"", c",2\n'); DROP TABLE stage; --,3\n`, { manifest });
    expect(accepted).toBe(true);
    const { columns } = await readTable(engine, outputPath, { columns: [{ name: 'sex', type: 'category', levels }] });
    expect(columns.sex).toMatchObject({ codes: Int32Array.of(0, 1, 2) });
  });
});

describe('checkCsv refuses', () => {
  const REFUSED: [string, string | Buffer, string[]][] = [
    ['an empty file', '', ['0 - malformed-line']],
    ['a file of blank lines', '\n\n', ['0 - malformed-line']],
    ['a header without rows', 'age,sex,bp\n', ['0 - malformed-line']],
    ['a file without its columns', 'sex,other\nmale,1\n', ['0 age missing', '0 bp missing']],
    ['a column name that is there twice', 'age,sex,bp,age\n40,male,120,41\n', ['0 age malformed-line']],
    ['lines with too few and too many fields', 'age,sex,bp\n40,male\n41,male,1\n42,male,1,2\n', ['1 - malformed-line', '3 - malformed-line']],
    ['a blank line between rows', 'age,sex,bp\n40,male,120\n\n41,male,1\n', ['2 - malformed-line']],
    ['a quote inside a field', 'age,sex,bp\n4"0,male,120\n41,male,1\n', ['1 - malformed-line']],
    ['text after a closing quote', 'age,sex,bp\n"40"x,male,120\n41,male,1\n', ['1 - malformed-line']],
    ['a quote that is never closed', 'age,sex,bp\n40,male,120\n"41,male,1\n42,male,1\n', ['2 - malformed-line']],
    ['a CR alone', 'age,sex,bp\n40,male\r,120\n41,male,1\n', ['1 - malformed-line']],
    ['old Macintosh line ends', 'age,sex,bp\r40,male,120\r', ['0 - malformed-line']],
    ['Latin-1 bytes', Buffer.from('age,sex,bp\n40,m\xe4nnlich,120\n41,male,1\n', 'latin1'), ['1 - malformed-line']],
    ['Latin-1 bytes in the header', Buffer.from('age,sex,bp,gr\xf6\xdfe\n40,male,120,1\n', 'latin1'), ['0 - malformed-line']],
    ['NUL bytes', 'age,sex,bp\n40,ma\0le,120\n', ['1 - malformed-line']],
    ['UTF-16', Buffer.from('\ufeffage,sex,bp\n40,male,120\n', 'utf16le'), ['0 - malformed-line']],
    ['an unknown level and another case of a level', 'age,sex,bp\n40,other,120\n40,Male,120\n', ['1 sex unknown-level', '2 sex unknown-level']],
    ['values out of range', 'age,sex,bp\n201,male,120\n40,male,-0.001\n', ['1 age out-of-range', '2 bp out-of-range']],
    ['a fraction where a whole number is asked for', 'age,sex,bp\n40.5,male,120\n', ['1 age wrong-type']],
    ['missing features', 'age,sex,bp\n,male,120\n40,,120\n', ['1 age missing', '2 sex missing']],
    ['a missing target', 'age,sex,bp\n40,male,\n', ['1 bp missing']],
  ];
  it.each(REFUSED)('%s', async (_, text, issues) => {
    const { accepted, report, outputPath } = await check(text);
    expect({ accepted, issues: issuesOf(report), count: report.accepted }).toEqual({ accepted: false, issues, count: 0 });
    expect((await readdir(folder)).filter((name) => join(folder, name).startsWith(outputPath))).toEqual([]);
  });

  it.each(['nan', 'NaN', 'inf', '-Infinity', '1,5', '1 000', '1_000', '0x10', '1e', 'e5', '.', '-', '--1', '1.2.3', '1e999', '-1e999', '1e5.5', '１', '12a', '=1+1', 'true'])('%s as a number', async (text) => {
    const { accepted, report } = await check(`age,sex,bp\n1,male,"${text}"\n`);
    expect({ accepted, issues: issuesOf(report), wrong: report.columns[2].wrongType }).toEqual({ accepted: false, issues: ['1 bp wrong-type'], wrong: 1 });
  });

  it('a missing target even where its entry allows missing values', async () => {
    const { accepted, report } = await check('age,sex,bp\n40,male,NA\n', { manifest: manifestOf({ target: number('bp', { missing: 'allow' }) }) });
    expect({ accepted, issues: issuesOf(report) }).toEqual({ accepted: false, issues: ['1 bp missing'] });
  });

  it('a line longer than 1 MiB, and goes on behind it', async () => {
    const long = 'x'.repeat(3 << 20);
    const { accepted, report } = await check(`age,sex,bp\n40,male,1\n${long}\n41,male,"\n${long}\n42,male,2000\n`);
    expect(accepted).toBe(false);
    expect(issuesOf(report)).toEqual(['2 - malformed-line', '3 - malformed-line', '4 bp out-of-range']);
  });

  it('every bad cell of a row by its column, counting past the hundredth', async () => {
    const { report } = await check(`age,sex,bp\n${'x,other,999\n'.repeat(250)}`);
    expect(report.issues).toHaveLength(100);
    expect(issuesOf(report).slice(0, 4)).toEqual(['1 age wrong-type', '1 sex unknown-level', '1 bp out-of-range', '2 age wrong-type']);
    expect(report.issueCount).toEqual({ 'wrong-type': 250, 'unknown-level': 250, 'out-of-range': 250 });
    expect(report).toMatchObject({ rows: 250, accepted: 0, duplicates: 0 });
  });

  it('a file that is not there, and a folder', async () => {
    const request = { manifest: manifestOf(), outputPath: join(folder, 'none.parquet') };
    await expect(checkCsv(engine, { ...request, csvPath: join(folder, 'none.csv') })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(checkCsv(engine, { ...request, csvPath: folder })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('two columns that differ in case only, for DuckDB takes them for one', async () => {
    await expect(check('age,AGE,bp\n1,1,1\n', { manifest: manifestOf({ features: [number('age'), number('AGE')] }) })).rejects.toMatchObject({ code: 'INVALID_MANIFEST' });
  });
});

describe('checkCsv reports', () => {
  it('values out of range without refusing when the manifest says so, and still lists what refuses', async () => {
    const manifest = manifestOf({ checks: { outOfRange: 'report' } });
    const rows = '40,male,999\n'.repeat(120);
    const taken = await check(`age,sex,bp\n${rows}`, { manifest });
    expect(taken).toMatchObject({ accepted: true, report: { accepted: 120, issueCount: { 'out-of-range': 120, duplicate: 119 }, duplicates: 119 } });
    const refused = await check(`age,sex,bp\n${rows}40,male,x\n`, { manifest });
    expect(refused.accepted).toBe(false);
    expect(refused.report.issues).toHaveLength(100);
    expect(refused.report.issues.at(-1)).toMatchObject({ row: 121, kind: 'wrong-type' });
  });

  it('minimum and maximum of the numbers it read', async () => {
    const { report } = await check('age,sex,bp\n40,male,120\n20,female,80.5\n');
    expect(report.columns).toEqual([
      { name: 'age', type: 'number', missing: 0, wrongType: 0, outOfRange: 0, unknownLevel: 0 },
      { name: 'sex', type: 'category', missing: 0, wrongType: 0, outOfRange: 0, unknownLevel: 0 },
      { name: 'bp', type: 'number', missing: 0, wrongType: 0, outOfRange: 0, unknownLevel: 0 },
    ]);
  });

  it('further columns by name, but never a cell of a file without a header', async () => {
    const named = await check('age,sex,bp,bmi,=cmd()\n40,male,120,3,4\n');
    expect(named.report.ignoredColumns).toEqual(['bmi', 'column 5']);
    const headless = await check('71,Smith,secret\n72,Jones,secret\n');
    expect(headless.report.ignoredColumns).toEqual(['column 1', 'column 2', 'column 3']);
  });

  it('no more than a hundred further columns, and takes no more than 20,000', async () => {
    const wide = await check(`age,sex,bp,${Array.from({ length: 150 }, (_, at) => `x${at}`).join(',')}\n40,male,120${','.repeat(150)}\n`);
    expect(wide.accepted).toBe(true);
    expect(wide.report.ignoredColumns).toHaveLength(101);
    expect(wide.report.ignoredColumns.at(-1)).toBe('and 50 more');
    const tooWide = await check(`age,sex,bp${','.repeat(900_000)}\n`);
    expect(tooWide).toMatchObject({ accepted: false, report: { issues: [{ row: 0, kind: 'malformed-line' }] } });
  });

  it('nothing of what it received', async () => {
    const canary = 'canary-4711';
    const { report } = await check(`age,sex,bp\n${canary},${canary},${canary}\n"${canary}"${canary},male,1\n40,male\n`);
    expect(issuesOf(report)).toHaveLength(5);
    expect(JSON.stringify(report)).not.toContain('4711');
  });

  it('duplicates, comparing every declared column and taking missing for equal to missing', async () => {
    const features = [number('age', { missing: 'allow' }), sex];
    const text = 'age,sex,bp,other\n1,male,1,a\n2,male,1,a\n1,male,1,b\n,male,1,c\nNA,male,1,d\n1,male,1,e\n';
    const reported = await check(text, { manifest: manifestOf({ features }) });
    expect({ accepted: reported.accepted, issues: issuesOf(reported.report), duplicates: reported.report.duplicates }).toEqual({ accepted: true, issues: ['3 - duplicate', '5 - duplicate', '6 - duplicate'], duplicates: 3 });
    const dropped = await check(text, { manifest: manifestOf({ features, checks: { duplicates: 'drop' } }) });
    expect(dropped).toMatchObject({ accepted: true, report: { rows: 6, accepted: 3, duplicates: 3 } });
    expect(await rowsOf(dropped.outputPath)).toEqual(['0|1|male|1', '1|2|male|1', '3|NaN|male|1']);
    const refused = await check(text, { manifest: manifestOf({ features, checks: { duplicates: 'refuse' } }) });
    expect(refused).toMatchObject({ accepted: false, report: { accepted: 0, duplicates: 3, issueCount: { duplicate: 3 } } });
  });
});

describe('checkCsv replaces the patient', () => {
  const manifest = manifestOf({ features: [number('age')], patient: 'id' });
  const text = 'id,age,bp\n P-1 ,1,1\nP-2,2,2\nP-1,3,3\n';

  it('by an HMAC-SHA-256 that is the same for the same id', async () => {
    const { accepted, outputPath, report } = await check(text, { manifest, pseudonymKey: KEY_LONG });
    expect(accepted).toBe(true);
    const { columns } = await readTable(engine, outputPath, { columns: [{ name: 'id', type: 'text' }] });
    const pseudonym = (id: string): string => createHmac('sha256', KEY_LONG).update(id).digest('hex');
    expect(columns.id).toEqual({ kind: 'category', codes: Int32Array.of(0, 1, 0), levels: [pseudonym('P-1'), pseudonym('P-2')] });
    expect((await readFile(outputPath)).includes('P-1')).toBe(false);
    expect(JSON.stringify(report)).not.toContain('P-1');
  });

  it('and needs a key for it, of 16 bytes or more', async () => {
    await expect(check(text, { manifest })).rejects.toMatchObject({ code: 'CONFIGURATION' });
    await expect(check(text, { manifest, pseudonymKey: KEY.subarray(1) })).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });

  it('and refuses a row that names none', async () => {
    const { accepted, report } = await check('id,age,bp\n,1,1\n', { manifest, pseudonymKey: KEY });
    expect({ accepted, issues: issuesOf(report) }).toEqual({ accepted: false, issues: ['1 id missing'] });
  });
});

describe('checkCsv', () => {
  it('brings random tables back exactly, whatever the delimiter, quoting and line end', async () => {
    const cell = fc.record({ age: fc.oneof(fc.constant(NaN), fc.double({ noDefaultInfinity: true, noNaN: true })), code: fc.integer({ min: -1, max: 2 }), bp: fc.double({ noDefaultInfinity: true, noNaN: true }) });
    const levels = ['a', 'b,"c"\n;', 'ä😀'];
    const wide = { minimum: -Number.MAX_VALUE, maximum: Number.MAX_VALUE, missing: 'allow' };
    const manifest = manifestOf({ features: [number('age', wide), { ...sex, levels, missing: 'allow' }], target: number('bp', wide) });
    const spec = [{ name: 'age', type: 'number' as const }, { name: 'sex', type: 'category' as const, levels }, { name: 'bp', type: 'number' as const }];
    const form = fc.record({ delimiter: fc.constantFrom(',', ';', '\t'), end: fc.constantFrom('\n', '\r\n'), quoteAll: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { minLength: 1, maxLength: 40 }), form, async (cells, { delimiter, end, quoteAll }) => {
        const quoted = (value: string): string => (quoteAll || /["\n,;]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
        const text = (value: number): string => (Number.isNaN(value) ? '' : Object.is(value, -0) ? '-0' : String(value));
        const lines = [['age', 'sex', 'bp'], ...cells.map(({ age, code, bp }) => [text(age), levels[code] ?? 'NA', text(bp)])];
        const { accepted, outputPath } = await check(lines.map((line) => line.map(quoted).join(delimiter)).join(end), { manifest });
        expect(accepted).toBe(true);
        const { columns } = await readTable(engine, outputPath, { columns: spec });
        expect(columns).toEqual({
          age: { kind: 'number', values: Float64Array.from(cells, ({ age }) => age) },
          sex: { kind: 'category', codes: Int32Array.from(cells, ({ code }) => code), levels },
          bp: { kind: 'number', values: Float64Array.from(cells, ({ bp }) => bp) },
        });
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it('streams 200,000 rows through a small engine and gives the same bytes on one thread and on two', async () => {
    const csvPath = join(folder, 'long.csv');
    const lines = Array.from({ length: 200_000 }, (_, row) => `${(row * 7919) % 120},${row % 3 ? 'male' : 'female'},${(((row * 104_729) % 20_000) / 100).toFixed(2)},"${'n'.repeat(row % 50)}"`);
    await writeFile(csvPath, `age,sex,bp,note\n${lines.join('\n')}\n`);
    const manifest = manifestOf({ checks: { duplicates: 'drop' } });
    const digests: string[] = [];
    for (const threads of [1, 2, 2]) {
      const small = await openEngine({ memoryLimitMb: 64, threads, temporaryFolder: join(folder, 'spill'), folders: [folder] });
      const outputPath = join(folder, 'long.parquet');
      const rows: number[] = [];
      const { accepted, report } = await checkCsv(small, { csvPath, manifest, outputPath, onProgress: (progress) => rows.push(progress.rows) });
      expect({ accepted, rows: report.rows }).toEqual({ accepted: true, rows: 200_000 });
      expect(await rowCount(small, outputPath)).toBe(report.accepted);
      expect(rows.length).toBeGreaterThan(2);
      digests.push(createHash('sha256').update(await readFile(outputPath)).digest('hex'));
      small.close();
    }
    expect(new Set(digests).size).toBe(1);
  });

  it('leaves no file when it is cancelled, while reading or while writing', async () => {
    for (const phase of ['checking', 'writing']) {
      const stop = new AbortController();
      const before = await readdir(folder);
      const work = check(`age,sex,bp\n${'40,male,120\n'.repeat(200_000)}`, { signal: stop.signal, onProgress: (progress) => progress.phase === phase && stop.abort() });
      await expect(work).rejects.toMatchObject({ code: 'CANCELLED' });
      expect((await readdir(folder)).filter((name) => !before.includes(name) && !name.endsWith('.csv'))).toEqual([]);
    }
    const again = await check('age,sex,bp\n40,male,120\n');
    expect(again.accepted).toBe(true);
  });
});
