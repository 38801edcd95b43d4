import fc from 'fast-check';
import { canonicalBytes, canonicalJson } from './canonical-json';

describe('canonical JSON', () => {
  it('does not depend on the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: 2, c: 3 }], a: 'x' })).toBe('{"a":"x","b":[1,{"c":3,"d":2}]}');
  });

  it('reads back as the same value, and the text of that is the same text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY]])('refuses %p and says where it is', (value) => {
    expect(() => canonicalJson({ metrics: [value] })).toThrow(expect.objectContaining({ code: 'NOT_FINITE', details: { path: '$.metrics[0]' } }));
  });

  it('refuses what JSON does not have', () => {
    expect(() => canonicalJson({ when: new Date() })).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  });

  it('gives the known SHA-256 of the empty object', () => {
    expect(canonicalBytes({}).digest).toBe('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});
