import fc from 'fast-check';
import { findJsonFault } from './json-fault';

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('the place where a text stops being JSON', () => {
  it.each([
    ['{"a":x}', 1, 6, 'a value'],
    ['{"a":1,}', 1, 8, 'a name in double quotes'],
    ['[1 2]', 1, 4, '"," or "]"'],
    ['{"a" 1}', 1, 6, '":"'],
    ['', 1, 1, 'a value'],
    ['{"a":', 1, 6, 'a value'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, '"," or "}"'],
    ['"abc', 1, 1, 'a string: double quotes at both ends, no line break inside'],
    ['[1] tail', 1, 5, 'the end of the text'],
    ['{\'a\':1}', 1, 2, 'a name in double quotes'],
    ['NaN', 1, 1, 'a value'],
    ['01', 1, 2, 'the end of the text'],
    ['[1.]', 1, 3, '"," or "]"'],
  ])('of %j is line %d, column %d', (...[text, line, column, expected]) => {
    expect(findJsonFault(text)).toMatchObject({ line, column, expected });
  });

  it('is there exactly when JSON.parse refuses the text', () => {
    const broken = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', '"', '{', ']', ',', ':', '\\', '\n', '1', 'e', 'null', '\u0001', ' ')).map(([text, at, piece]) => {
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + piece + text.slice(cut + 1);
    });
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken), (text) => {
        expect(findJsonFault(text) === undefined).toBe(parses(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is found in nesting that would exhaust the stack', () => {
    expect(findJsonFault('['.repeat(1_000_000))).toMatchObject({ offset: 257, expected: 'nesting of at most 256 levels' });
  });

  it('is found in a string of a megabyte', () => {
    const text = JSON.stringify({ note: 'x"\\\u00e9'.repeat(250_000) });
    expect(findJsonFault(text)).toBeUndefined();
    expect(findJsonFault(text.slice(0, -1))).toMatchObject({ offset: text.length - 1 });
  });
});
