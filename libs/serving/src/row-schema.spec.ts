import { join } from 'node:path';
import type { ModelManifest } from '@salus/contracts';
import { requiredByPipeline, tableFromRows, type Row } from '@salus/features';
import { ModelsFolder } from '@salus/registry';
import fc from 'fast-check';
import { rowSchemaOf } from './row-schema';

const FIXTURES = new ModelsFolder(join(__dirname, '../../registry/fixtures/models'));

interface Property {
  readonly type?: string | readonly string[];
  readonly enum?: readonly (string | null)[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** As much of JSON Schema as a row schema uses. */
function accepts(schema: Record<string, unknown>, row: Record<string, unknown>): boolean {
  const properties = schema.properties as Record<string, Property>;
  if ((schema.required as string[]).some((name) => !(name in row))) return false;
  return Object.entries(row).every(([name, value]) => {
    if (!Object.hasOwn(properties, name)) return false;
    const { enum: values, type = [], minimum = -Infinity, maximum = Infinity } = properties[name];
    if (values) return values.includes(value as string);
    if (value === null) return type.includes('null');
    if (typeof value !== 'number' || value < minimum || value > maximum) return false;
    return !(type === 'integer' || type.includes('integer')) || Number.isInteger(value);
  });
}

function isServed(manifest: ModelManifest, row: Record<string, unknown>): boolean {
  try {
    tableFromRows(manifest.features, [row as Row], requiredByPipeline(manifest.pipeline));
    return true;
  } catch {
    return false;
  }
}

describe('the row schema', () => {
  const value = fc.oneof(fc.integer({ min: -10, max: 600 }), fc.double({ min: 0, max: 500, noNaN: true }), fc.constantFrom('medicine', 'surgery', 'unknown', ''), fc.constant(null), fc.boolean());
  const age = fc.oneof(fc.integer({ min: 10, max: 120 }), value);
  const crp = fc.oneof(fc.double({ min: 0, max: 500, noNaN: true }), value);
  const ward = fc.oneof(fc.constantFrom('medicine', 'surgery'), value);
  const rows = fc.oneof(fc.record({ age, crp, ward }, { requiredKeys: [] }), fc.record({ age, crp, ward, other: value }, { requiredKeys: [] }));

  it.each([
    ['as it is', {}],
    ['with rows dropped for a missing value', { pipeline: [{ step: 'drop-missing' as const, columns: ['crp'] }, { step: 'one-hot' as const, columns: ['ward'], drop: 'first' as const }] }],
  ])('of the fixture model %s takes the rows that are served and no others', async (_, change) => {
    const manifest: ModelManifest = { ...(await FIXTURES.read('recovery-time')).manifest, ...change };
    const schema = rowSchemaOf(manifest);
    let served = 0;
    fc.assert(
      fc.property(rows, (row) => {
        served += isServed(manifest, row) ? 1 : 0;
        expect(accepts(schema, row)).toBe(isServed(manifest, row));
      }),
      { numRuns: 2_000 },
    );
    expect(served).toBeGreaterThan(100);
  });

  it('tells units and titles', async () => {
    const { manifest } = await FIXTURES.read('recovery-time');
    expect(rowSchemaOf(manifest)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema', additionalProperties: false, required: ['age'],
      properties: { age: { title: 'Age', type: 'integer', minimum: 18, maximum: 110, 'x-unit': 'a' }, crp: { type: ['number', 'null'] }, ward: { enum: ['medicine', 'surgery', 'orthopaedics', null] } },
    });
  });
});
