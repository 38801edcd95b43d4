import fc from 'fast-check';
import { MAX_DEPTH, encodeJson, parseStrictJson } from './strict-json';

const parse = (text: string): unknown => parseStrictJson(Buffer.from(text, 'utf8'));
const malformed = expect.objectContaining({ code: 'MALFORMED_REQUEST' });

describe('parseStrictJson', () => {
  it('reads what JSON.stringify writes, for any value without forbidden keys', () => {
    const value = fc.jsonValue({ maxDepth: 6 }).filter((json) => !/"(__proto__|constructor|prototype)":/.test(JSON.stringify(json)));
    fc.assert(fc.property(value, (json) => expect(parse(JSON.stringify(json))).toEqual(JSON.parse(JSON.stringify(json)))));
  });

  it('gives a value or MALFORMED_REQUEST for any bytes at all, and nothing of them in its text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          parseStrictJson(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'MALFORMED_REQUEST' });
        }
      }),
    );
  });

  it.each(['1e309', '-1e309', '[1e999]', '{"a":{"b":1e400}}', `1${'0'.repeat(309)}`])('refuses the number in %s, which would become Infinity', (text) => {
    expect(() => parse(text)).toThrow(malformed);
  });

  it.each(['1e308', '-1.7976931348623157e308', '5e-324', '1e-400'])('takes the finite number %s', (text) => {
    expect(parse(text)).toBe(Number(text));
  });

  it(`takes ${MAX_DEPTH} levels and refuses one more`, () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(() => parse(nested(MAX_DEPTH))).not.toThrow();
    expect(() => parse(nested(MAX_DEPTH + 1))).toThrow(malformed);
    expect(() => parse(nested(1_000_000))).toThrow(malformed);
  });

  it.each(['__proto__', 'constructor', 'prototype', '\\u005f_proto__'])('refuses the key %s at any depth', (key) => {
    expect(() => parse(`{"${key}":1}`)).toThrow(malformed);
    expect(() => parse(`[{"a":[{"${key}":{}}]}]`)).toThrow(malformed);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });
});

describe('encodeJson', () => {
  it.each([[NaN], [Infinity], [[-Infinity]], [{ a: [null, { b: NaN }] }]])('refuses %j, which would become null', (value) => {
    expect(() => encodeJson(value, 'reply')).toThrow(expect.objectContaining({ code: 'INTERNAL', message: 'the reply holds a number that is not finite' }));
    expect(() => encodeJson(value, 'request')).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });

  it('takes null where null was meant', () => {
    expect(encodeJson({ a: null, b: 'null', c: [null] }, 'reply')).toBe('{"a":null,"b":"null","c":[null]}');
  });

  it('refuses what has no JSON text', () => {
    expect(() => encodeJson(undefined, 'reply')).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});
