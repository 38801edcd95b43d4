import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isWrongArgument } from '../client/wrong-argument';
import { readPredictionRequest } from './prediction-input';

const ROW = { age: 59, sex: null, ward: 'b' };
const read = (body: string, stdin = Readable.from([]), options = { explain: true }) => readPredictionRequest(body, stdin, options);

describe('what salus predict is given', () => {
  const folder = mkdtempSync(join(tmpdir(), 'salus-cli-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['a row', ROW, { rows: [ROW], explain: true }],
    ['rows', [ROW, ROW], { rows: [ROW, ROW], explain: true }],
    ['a whole request', { rows: [ROW], level: 0.8, explain: false }, { rows: [ROW], level: 0.8, explain: false }],
    ['a row with a feature called rows', { rows: 3 }, { rows: [{ rows: 3 }], explain: true }],
  ])('may be %s', async (_what, given, expected) => {
    expect(await read(JSON.stringify(given))).toEqual(expected);
  });

  it('may come from a file or from standard input, in any cut of its bytes', async () => {
    const text = JSON.stringify({ ward: 'Zürich' });
    writeFileSync(join(folder, 'row.json'), text);
    const bytes = Buffer.from(text);
    const pieces = Readable.from([...bytes].map((byte) => Buffer.from([byte])));
    const expected = { rows: [{ ward: 'Zürich' }], explain: true };
    expect(await read(`@${join(folder, 'row.json')}`)).toEqual(expected);
    expect(await read('-', pieces)).toEqual(expected);
  });

  it('is overruled by the options', async () => {
    const body = JSON.stringify({ rows: [ROW], level: 0.8, explain: true });
    expect(await readPredictionRequest(body, Readable.from([]), { level: 0.95, explain: false })).toMatchObject({ level: 0.95, explain: false });
  });

  it.each([
    ['{"age":x}', 'MALFORMED_REQUEST', 'line 1, column 8'],
    ['', 'MALFORMED_REQUEST', 'line 1, column 1'],
    ['{"__proto__":{"a":1}}', 'MALFORMED_REQUEST', '__proto__'],
    ['{"age":1e999}', 'MALFORMED_REQUEST', '64-bit'],
    ['7', 'INVALID_REQUEST', 'a row is an object'],
    ['null', 'INVALID_REQUEST', 'a row is an object'],
    ['[]', 'INVALID_REQUEST', 'rows expected at least 1'],
    ['[{"age":{}}]', 'INVALID_REQUEST', 'rows[0].age'],
    ['{"rows":[{}],"lvel":0.9}', 'INVALID_REQUEST', 'lvel'],
    ['{"rows":[{}],"level":2}', 'INVALID_REQUEST', 'level'],
    ['@/no/such/file', 'NOT_FOUND', 'ENOENT'],
    ['@/', 'NOT_FOUND', 'EISDIR'],
  ])('%j is refused as %s', async (body, code, text) => {
    const fault = await read(body).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code, message: expect.stringContaining(text) });
    expect(isWrongArgument(fault)).toBe(true);
  });

  it('is read no further than one request may be long', async () => {
    let given = 0;
    const endless = Readable.from((function* () {
      for (;;) yield Buffer.alloc((given += 1) && 65_536, 32);
    })());
    await expect(read('-', endless)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(given).toBeLessThan(64);
  });

  it('is never quoted in a fault', async () => {
    const fault = await read('{"patient":"CANARY" "x"}').catch((error: unknown) => error as Error);
    expect(JSON.stringify({ ...(fault as object), message: (fault as Error).message })).not.toContain('CANARY');
  });
});
