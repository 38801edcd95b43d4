import * as fc from 'fast-check';
import { storableText } from './storable';

describe('storableText', () => {
  it('takes a text if and only if it is well formed and without U+0000, whatever backslashes it has', () => {
    const parts = fc.constantFrom('\\', '\\u0000', '\u0000', '\ud800', '\udc00', '\ud83d\ude00', 'ü', 'a', '"', '\\ud800');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 8 }), (list) => {
        const text = list.join('');
        const isStorable = !text.includes('\u0000') && Buffer.from(text).toString() === text;
        if (isStorable) expect(JSON.parse(storableText({ text }, 'it'))).toEqual({ text });
        else expect(() => storableText({ text }, 'it')).toThrow('cannot be stored');
      }),
      { seed: 7, numRuns: 2_000 },
    );
  });

  it('refuses what is no JSON value', () => {
    for (const value of [undefined, () => 1, Symbol('s')]) expect(() => storableText(value, 'it')).toThrow('expected a JSON value');
  });
});
