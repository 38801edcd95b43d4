import fc from 'fast-check';
import { LevelIndex } from './level-index';
import { parseNumber } from './number-text';

const parsed = (text: string): number => parseNumber(Buffer.from(`9${text}9e9`), 1, 1 + text.length);

describe('parseNumber', () => {
  it('gives the same double as JavaScript for any decimal text, and looks at nothing outside its range', () => {
    const digits = (maxLength: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength });
    const exponent = fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-'), digits(4)).map((parts) => parts.join('')), { nil: '' });
    const decimal = fc.tuple(fc.constantFrom('', '+', '-'), digits(25), fc.constantFrom('', '.'), digits(25), exponent);
    fc.assert(fc.property(decimal, ([sign, whole, point, fraction, power]) => {
      const text = sign + whole + point + fraction + power;
      expect(parsed(text)).toBe(Number(text));
    }), { numRuns: 2_000, seed: 3 });
  });

  it('gives a double back that JavaScript wrote', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => expect(parsed(String(value))).toBe(Object.is(value, -0) ? 0 : value)), { numRuns: 2_000, seed: 4 });
    expect(parsed('-0')).toBe(-0);
  });

  it('refuses every other text', () => {
    const words = fc.string({ unit: fc.constantFrom(...'0123456789.eE+-xX_, naif'), minLength: 1, maxLength: 8 });
    const decimal = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/;
    fc.assert(fc.property(words, (text) => expect(Number.isNaN(parsed(text))).toBe(!decimal.test(text))), { numRuns: 5_000, seed: 5 });
  });
});

describe('LevelIndex', () => {
  it('tells levels of one hash, prefixes and lengths apart', () => {
    const levels = ['costarring', 'liquid', 'a', 'ab', '', 'ä'];
    const index = new LevelIndex(levels);
    const find = (text: string): number => {
      const bytes = Buffer.from(`x${text}x`);
      return index.find(bytes, 1, bytes.length - 1);
    };
    expect(levels.map(find)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(['b', 'abc', 'A', 'Ä'].map(find)).toEqual([-1, -1, -1, -1]);
  });
});
