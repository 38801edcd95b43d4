import { defineEvent, defineOperation, scanContracts, type Contract, type Operation } from '@salus/contracts';
import fc from 'fast-check';
import { z } from 'zod';
import { asyncApi } from '../docs/asyncapi';
import type { JsonSchema } from '../docs/wire-schema';
import { wireSchema } from '../docs/wire-schema';
import { breakingChanges } from './breaking-changes';
import { narrowings } from './narrowing';

const document = (...contracts: Contract[]): Record<string, unknown> => JSON.parse(JSON.stringify(asyncApi(contracts, '1.0.0'))) as Record<string, unknown>;

const REQUEST = { rows: z.array(z.record(z.string(), z.number())).min(1).max(10), mode: z.enum(['fast', 'exact']).optional(), level: z.number().gt(0.5).lt(1).optional() };
const REPLY = { value: z.number(), unit: z.string().optional(), outcome: z.enum(['answered', 'abstained']), note: z.string().nullable() };

interface Change {
  readonly request?: z.ZodRawShape;
  readonly reply?: z.ZodRawShape;
  /** Names of fields to leave out of request and reply. */
  readonly without?: readonly string[];
  readonly limits?: Partial<Omit<Operation, 'kind' | 'request' | 'reply' | 'example'>>;
}

function operation({ request = {}, reply = {}, without = [], limits = {} }: Change = {}): Contract {
  const fields = (shape: z.ZodRawShape): z.ZodType => z.strictObject(Object.fromEntries(Object.entries(shape).filter(([name]) => !without.includes(name))));
  return defineOperation({
    subject: 'prediction.v1.predict.{model}',
    summary: 'Predicts.',
    request: fields({ ...REQUEST, ...request }),
    reply: fields({ ...REPLY, ...reply }),
    example: { request: {}, reply: {} },
    idempotent: true,
    ...limits,
  });
}

const changes = (before: Contract, after: Contract): string[] => breakingChanges(document(before), document(after)).map(({ what }) => what);

describe('a change that breaks clients', () => {
  it.each<[string, Contract, RegExp]>([
    ['a removed reply field', operation({ without: ['value'] }), /^reply value: removed$/],
    ['a removed optional reply field', operation({ without: ['unit'] }), /^reply unit: removed$/],
    ['a reply field that may now be missing', operation({ reply: { value: z.number().optional() } }), /^reply value: optional or absent/],
    ['a reply field of another type', operation({ reply: { value: z.string() } }), /^reply value: type changed from string to number/],
    ['a reply field that may now be null', operation({ reply: { value: z.number().nullable() } }), /^reply value: .*null/],
    ['a reply value that clients do not know', operation({ reply: { outcome: z.enum(['answered', 'abstained', 'refused']) } }), /^reply outcome: "refused"/],
    ['a new required request field', operation({ request: { patient: z.string() } }), /^request patient: optional or absent became required/],
    ['a request field that became required', operation({ request: { mode: z.enum(['fast', 'exact']) } }), /^request mode: .*required/],
    ['a request field that is gone', operation({ without: ['mode'] }), /^request mode: is no longer taken/],
    ['a request value that is gone', operation({ request: { mode: z.enum(['fast']).optional() } }), /^request mode: "exact"/],
    ['a narrower request type', operation({ request: { level: z.int().optional() } }), /^request level: type changed from number to integer/],
    ['a narrower range', operation({ request: { level: z.number().gt(0.6).lt(1).optional() } }), /^request level: least value went from 0.5 to 0.6/],
    ['a range that lost its end', operation({ request: { rows: z.array(z.record(z.string(), z.number())).min(2).max(10) } }), /^request rows: minItems/],
    ['fewer rows at once', operation({ request: { rows: z.array(z.record(z.string(), z.number())).min(1).max(9) } }), /^request rows: maxItems/],
    ['rows of another type', operation({ request: { rows: z.array(z.record(z.string(), z.int())).min(1).max(10) } }), /^request rows\[\]\.\*: type/],
    ['a smaller body', operation({ limits: { maxRequestBytes: 1000 } }), /^largest body went from 1048576 to 1000/],
    ['an operation that is no longer idempotent', operation({ limits: { idempotent: false } }), /^is no longer idempotent/],
    ['a model that is no longer in the subject', operation({ limits: { subject: 'prediction.v1.predict' } }), /^address went from/],
  ])('is %s', (_, after, what) => {
    const found = changes(operation(), after);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(what);
  });

  it('is a removed subject, with its name', () => {
    expect(breakingChanges(document(operation()), document())).toEqual([{ subject: 'prediction.v1.predict', what: 'removed' }]);
  });

  it('is a removed field of an event', () => {
    const event = (payload: z.ZodType): Contract => defineEvent({ subject: 'event.training.v1.done', summary: 'Done.', payload, example: {} });
    expect(changes(event(z.strictObject({ a: z.string(), b: z.string() })), event(z.strictObject({ a: z.string() })))).toEqual(['event b: removed']);
  });

  it('is raw bytes that are no longer taken', () => {
    const data = { request: { data: z.base64() } };
    expect(changes(operation({ ...data, limits: { bytesField: 'data' } }), operation(data))).toEqual(['raw bytes no longer fill data']);
  });
});

describe('a change that breaks nobody', () => {
  it.each<[string, Contract]>([
    ['a new reply field', operation({ reply: { version: z.int() } })],
    ['a new optional request field', operation({ request: { explain: z.boolean().default(false) } })],
    ['a wider range', operation({ request: { level: z.number().gt(0).lt(1).optional() } })],
    ['a closed end where it was open', operation({ request: { level: z.number().min(0.5).max(1).optional() } })],
    ['another request value', operation({ request: { mode: z.enum(['fast', 'exact', 'exhaustive']).optional() } })],
    ['a request value of any text', operation({ request: { mode: z.string().optional() } })],
    ['a reply field that is always there now', operation({ reply: { unit: z.string() } })],
    ['a reply field that is never null now', operation({ reply: { note: z.string() } })],
    ['a reply value that no longer comes', operation({ reply: { outcome: z.literal('answered') } })],
    ['whole numbers in a reply', operation({ reply: { value: z.int() } })],
    ['a larger body', operation({ limits: { maxRequestBytes: 2 << 20 } })],
    ['another text', operation({ limits: { summary: 'Says what will be.' } })],
  ])('is %s', (_, after) => {
    expect(changes(operation(), after)).toEqual([]);
  });

  it('is none at all, over every contract of the platform', () => {
    const all = (): Record<string, unknown> => document(...scanContracts().map(({ contract }) => contract));
    expect(breakingChanges(all(), all())).toEqual([]);
  });
});

describe('the comparison of schemas', () => {
  const leaf = fc.constantFrom<z.ZodType>(z.string(), z.number(), z.int().min(0).max(9), z.boolean(), z.enum(['a', 'b']), z.null(), z.literal(1));
  const schemas = fc.letrec<{ node: z.ZodType }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((options) => z.union(options as [z.ZodType, ...z.ZodType[]])),
      tie('node').map((item) => z.array(item)),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('node'), { maxKeys: 3 }).map((shape) => z.strictObject(shape)),
    ),
  })).node;
  const samples: unknown[] = ['x', 'a', 0, 1, 1.5, 20, true, null, [], [1], ['a'], {}, { a: 1 }, { a: 'a', b: 1 }, { c: null }, { a: [1] }, { a: {}, b: true, c: 1 }];

  it('never overlooks a value that one takes and the other refuses', () => {
    fc.assert(
      fc.property(schemas, schemas, (before, after) => {
        if (narrowings(wireSchema(before), wireSchema(after), { overlooksUnknownFields: false }).length > 0) return;
        for (const sample of samples) if (before.safeParse(sample).success) expect({ sample, taken: after.safeParse(sample).success }).toEqual({ sample, taken: true });
      }),
      { seed: 20260101, numRuns: 2000 },
    );
  });

  it('finds no narrowing when one more way is added', () => {
    fc.assert(
      fc.property(schemas, leaf, (before, more) => {
        expect(narrowings(wireSchema(before), wireSchema(z.union([before, more])), { overlooksUnknownFields: false })).toEqual([]);
      }),
      { seed: 20260102, numRuns: 500 },
    );
  });

  it.each<[string, JsonSchema, JsonSchema]>([
    ['a pattern that was not there', { type: 'string' }, { type: 'string', pattern: '^a' }],
    ['one more pattern', { type: 'string', allOf: [{ pattern: '^a' }] }, { type: 'string', allOf: [{ pattern: '^a' }, { pattern: 'b$' }] }],
    ['another format', { type: 'string', format: 'uuid' }, { type: 'string', format: 'date-time' }],
    ['a type where anything was taken', {}, { type: 'string' }],
    ['a tuple that was a list', { type: 'array', items: { type: 'string' } }, { type: 'array', items: [{ type: 'string' }] }],
  ])('finds %s', (_, before, after) => {
    expect(narrowings(before, after, { overlooksUnknownFields: false })).toHaveLength(1);
  });
});
