import { scanContracts, type ModelManifest, manifestSchema } from '@salus/contracts';
import { FAULT_CODES, type FaultCode } from '@salus/fault';
import { z } from 'zod';
import { asyncApi } from './asyncapi';
import { resolveReference, structureProblems } from './asyncapi-structure';
import { configurationPage, typeInWords, undescribedKeys } from './configuration';
import { errorsPage } from './errors';
import { generatedFiles } from './generated';
import { table } from './markdown';
import { subjectsPage } from './subjects';
import { wireSchema } from './wire-schema';

const contracts = scanContracts().map(({ contract }) => contract);
const statusOf = Object.fromEntries(Object.keys(FAULT_CODES).map((name) => [name, 418])) as Record<FaultCode, number>;
const document = asyncApi(contracts, '1.2.3');
const asJson = JSON.parse(JSON.stringify(document)) as Record<string, never>;

const model: ModelManifest = manifestSchema.parse({
  schema: 'salus.model/1', id: 'toy', title: 'Toy', summary: 'A | pipe.', service: 'prediction', task: 'regression', intendedUse: 'Tests.', notFor: 'Patients.',
  source: { name: 'none', licence: 'CC0', citation: 'none' }, features: [{ name: 'age', title: 'Age', type: 'number', unit: 'a', minimum: 0, maximum: 120 }],
  target: { name: 'bp', title: 'Pressure', type: 'number', unit: 'mm[Hg]', minimum: 20, maximum: 300 }, pipeline: [], split: { by: 'index', every: 5, remainder: 0 },
  learner: { algorithm: 'least-squares' }, metrics: ['mse'], seed: 1,
});

describe('the AsyncAPI document', () => {
  it('has the structure of AsyncAPI 3.0', () => {
    expect(structureProblems(asJson)).toEqual([]);
  });

  it('holds every operation, event and job once', () => {
    const addresses = Object.values(document.channels).map((channel) => channel['address']).filter((address) => address !== null);
    expect(addresses.sort()).toEqual(contracts.flatMap((contract) => (contract.kind === 'job' ? [] : [contract.subject])).sort());
    expect(Object.keys(document['x-salus-jobs'])).toHaveLength(contracts.filter(({ kind }) => kind === 'job').length);
  });

  it('gives each request and reply an example', () => {
    const messages = Object.entries(document.components['messages']).filter(([name]) => name !== 'error' && !name.endsWith('.request-bytes'));
    expect(messages.filter(([, message]) => !Array.isArray(message['examples'])).map(([name]) => name)).toEqual([]);
  });

  it('does not depend on the order of the contracts', () => {
    expect(JSON.stringify(asyncApi([...contracts].reverse(), '1.2.3'))).toBe(JSON.stringify(document));
  });

  it.each<[string, (copy: Record<string, any>) => void]>([ // eslint-disable-line @typescript-eslint/no-explicit-any -- breaks the document on purpose
    ['an operation without a channel', (copy) => delete copy['operations']['prediction.v1.predict']['channel']],
    ['a message of another channel', (copy) => (copy['operations']['prediction.v1.predict']['messages'][0]['$ref'] = '#/components/messages/error')],
    ['a reference that leads nowhere', (copy) => delete copy['components']['messages']['prediction.v1.predict.reply']],
    ['an address whose parameter is not described', (copy) => delete copy['channels']['prediction.v1.predict']['parameters']],
    ['an unknown field', (copy) => (copy['channels']['prediction.v1.predict']['publish'] = {})],
    ['an unknown action', (copy) => (copy['operations']['prediction.v1.predict']['action'] = 'publish')],
    ['another version', (copy) => (copy['asyncapi'] = '2.6.0')],
  ])('is refused with %s', (_, damage) => {
    const copy = structuredClone(asJson);
    damage(copy);
    expect(structureProblems(copy)).not.toEqual([]);
  });

  it('does not follow a reference to an inherited name', () => {
    expect(resolveReference({ a: {} }, '#/a/constructor')).toBeUndefined();
  });
});

describe('the schema on the wire', () => {
  it('shows bytes as base64 text', () => {
    const bytes = z.union([z.instanceof(Uint8Array), z.base64().transform((text) => Buffer.from(text, 'base64'))]);
    expect(wireSchema(z.strictObject({ data: bytes }))['properties']).toEqual({ data: { type: 'string', format: 'base64', contentEncoding: 'base64' } });
  });

  it('lets a field with a default be left out', () => {
    expect(wireSchema(z.strictObject({ a: z.string(), b: z.int().default(3) }))['required']).toEqual(['a']);
  });
});

describe('the pages', () => {
  it('keeps a pipe and a line break inside their cell', () => {
    expect(table(['a', 'b'], [['x | y', 'one\ntwo']]).split('\n')[2]).toBe('| x \\| y | one two |');
  });

  it('name every subject, event, job and error code', () => {
    const subjects = subjectsPage(contracts);
    const names = contracts.map((contract) => (contract.kind === 'job' ? contract.name : contract.subject));
    expect(names.filter((name) => !subjects.includes(`\`${name}\``))).toEqual([]);
    const errors = errorsPage(statusOf);
    expect(Object.keys(FAULT_CODES).filter((name) => !errors.includes(`\`${name}\``))).toEqual([]);
    expect(errors).toContain('418');
  });

  it('has as many cells in each row as in the header', () => {
    const files = generatedFiles({ contracts, version: '1.2.3', statusOf, apps: [], models: [model] });
    const cells = (line: string): number => line.replaceAll('\\|', '').split('|').length;
    for (const [path, text] of files) {
      if (!path.endsWith('.md')) continue;
      const tables = text.trim().split('\n\n').filter((block) => block.startsWith('|'));
      for (const block of tables) expect([path, ...new Set(block.split('\n').map(cells))]).toHaveLength(2);
    }
  });

  it('says type, default and meaning of each configuration key, shared ones once', () => {
    const shared = { PORT: z.coerce.number().int().min(0).max(65_535).default(0).describe('A port.'), FLAG: z.enum(['true', 'false']).transform((text) => text === 'true').default(false).describe('A flag.') };
    const one = { app: 'one', schema: z.object(shared).extend({ SECRET: z.string().describe('A secret.') }) };
    const page = configurationPage([one, { app: 'two', schema: z.object(shared) }]);
    expect(page.match(/`PORT`/g)).toHaveLength(1);
    expect(page).toContain('## Every service');
    expect(page).toMatch(/`PORT` +\| integer ≥ 0 ≤ 65535 +\| `0` +\| A port\./);
    expect(page).toMatch(/`FLAG` +\| one of `true` `false` +\| `false` +\| A flag\./);
    expect(page).toMatch(/`SECRET` +\| text +\| \*\*required\*\* +\| A secret\./);
    expect(typeInWords({ enum: ['a', 'b'] })).toBe('one of `a` `b`');
  });

  it('finds a configuration key without a sentence', () => {
    expect(undescribedKeys({ app: 'one', schema: z.object({ A: z.string(), B: z.string().describe('B.') }) })).toEqual(['one: A']);
  });
});
