import { resolveParameters, type ParameterSpecs } from './parameters';

const SPECS: ParameterSpecs = {
  strength: { type: 'number', minimum: 0, maximum: 10, default: 1, summary: 'How much.' },
  trees: { type: 'integer', minimum: 1, maximum: 500, default: 100, summary: 'How many.' },
  kind: { type: 'choice', choices: ['a', 'b'], default: 'a', summary: 'Which.' },
  shrink: { type: 'flag', default: false, summary: 'Whether.' },
};

describe('parameters', () => {
  it('are those given, with defaults for the rest', () => {
    expect(resolveParameters(SPECS, { trees: 5, kind: 'b' })).toEqual({ strength: 1, trees: 5, kind: 'b', shrink: false });
  });

  it.each<[string, unknown]>([
    ['strength', -1],
    ['strength', 10.1],
    ['strength', NaN],
    ['strength', '1'],
    ['strength', null],
    ['trees', 1.5],
    ['trees', 0],
    ['kind', 'c'],
    ['kind', 0],
    ['shrink', 1],
    ['shrink', 'true'],
    ['unknown', 1],
    ['__proto__x', 1],
  ])('refuse %s = %p', (parameter, value) => {
    expect(() => resolveParameters(SPECS, { [parameter]: value })).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMETERS', details: { issues: [expect.objectContaining({ parameter })] } }),
    );
  });

  it('tell every problem at once', () => {
    const issues = ['other', 'strength', 'trees'].map((parameter) => expect.objectContaining({ parameter }));
    expect(() => resolveParameters(SPECS, { strength: -1, trees: 'x', other: 1 })).toThrow(expect.objectContaining({ details: { issues } }));
  });
});
