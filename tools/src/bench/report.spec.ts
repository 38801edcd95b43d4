import * as fc from 'fast-check';
import type { BenchLine } from '@salus/testkit';
import { betterOf, checkedLine, isGoalMet } from './bench-line';
import { environmentText, readEnvironment, type BenchEnvironment } from './environment';
import { documentOf, figureText, lineText, tableText } from './report';

const environment: BenchEnvironment = {
  date: '2026-02-03T04:05:06.789Z', node: '20.20.2', cpu: 'A Processor', cores: 2, memoryGib: 24, system: 'linux x64', load: 0.3, commit: 'abc1234', hasUncommittedChanges: false,
};
const line = (changes: Partial<BenchLine> = {}): BenchLine => ({ name: 'echo', ours: 15507.5654, peer: 10_000, peerName: 'raw', unit: 'requests/s', ratio: 1.55, ...changes });
const absent = line({ name: 'beside pandas', peer: null, ratio: null, peerName: 'pandas is absent: no python3', goal: 2 });

describe('the table of a suite', () => {
  it('is these lines', () => {
    const lines = [
      line({ goal: 0.7 }),
      line({ name: 'echo, p99', ours: 15.9375, peer: 9.5, unit: 'ms', ratio: 0.596, goal: 0.6667 }),
      line({ name: 'even', ours: 100, peer: 100.2, ratio: 0.998 }),
      absent,
    ];
    expect(tableText({ suite: 'messaging', environment, lines })).toBe(
      [
        'messaging: 2026-02-03 04:05 UTC, commit abc1234',
        'Node 20.20.2, A Processor, 2 cores, 24 GiB, linux x64, load 0.30 before the start',
        '',
        'name             ours    peer  unit        ratio  better  goal                 beside',
        'echo           15,508  10,000  requests/s   1.55  ours    ≥ 0.70 met           raw',
        'echo, p99        15.9     9.5  ms           0.60  peer    ≥ 0.67 MISSED        raw',
        'even              100     100  requests/s   1.00  level                        raw',
        'beside pandas  15,508  absent  requests/s      –  –       ≥ 2.00 not measured  pandas is absent: no python3',
        '',
        'ratio above 1: ours is better',
        'goals: 1 met, 1 missed, 1 not measured',
        'absent: pandas is absent: no python3 (npm run bench:peers installs what Debian has)',
      ].join('\n'),
    );
  });

  it('counts no goals where none is named, and says a missing peer once', () => {
    const text = tableText({ suite: 'a', environment, lines: [line(), { ...absent, goal: undefined }, { ...absent, goal: undefined, name: 'again' }] });
    expect(text).not.toContain('goals:');
    expect(text.match(/^absent:/gm)).toHaveLength(1);
  });

  it('keeps its columns straight whatever the names are', () => {
    const word = fc.stringMatching(/^[a-z]{1,30}$/);
    const anyLine = fc.record({ name: word, ours: fc.double({ min: 0, max: 1e9, noNaN: true }), peer: fc.double({ min: 0, max: 1e9, noNaN: true }), peerName: word, unit: word, ratio: fc.double({ min: 0.01, max: 100, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(anyLine, { minLength: 1, maxLength: 8 }), (lines) => {
        const rows = tableText({ suite: 'a', environment, lines }).split('\n\n')[1].split('\n');
        const at = rows[0].indexOf('beside');
        expect(rows.slice(1).map((row) => row.slice(at))).toEqual(lines.map(({ peerName }) => peerName));
      }),
    );
  });
});

describe('the document of a suite', () => {
  it('holds every line with who is better and whether the goal is met, and says what is absent', () => {
    const made = documentOf({ suite: 'messaging', environment, lines: [line({ goal: 0.7 }), line({ ratio: 0.5, goal: 0.7 }), line(), absent] });
    expect(JSON.parse(JSON.stringify(made))).toEqual({
      suite: 'messaging',
      environment,
      lines: [
        { ...line(), goal: 0.7, better: 'ours', isGoalMet: true },
        { ...line(), ratio: 0.5, goal: 0.7, better: 'peer', isGoalMet: false },
        { ...line(), goal: null, better: 'ours', isGoalMet: null },
        { ...absent, better: null, isGoalMet: null },
      ],
      absentPeers: ['pandas is absent: no python3'],
    });
  });
});

describe('a measurement', () => {
  it.each<[string, number, string]>([
    ['zero', 0, '0'],
    ['a thousandth', 0.001234, '0.00123'],
    ['less', 0.00001234, '1.23e-5'],
    ['a few', 9.999, '10'],
    ['tens', 15.937, '15.9'],
    ['hundreds', 999.6, '1,000'],
    ['millions', 1_234_567.8, '1,234,568'],
  ])('is written with three digits or as a whole number: %s', (_what, value, text) => {
    expect(figureText(value)).toBe(text);
  });

  it('stands in one line while the rest is measured', () => {
    expect(lineText(line())).toBe('echo: 15,508 requests/s; raw 10,000, ratio 1.55');
    expect(lineText(absent)).toBe('beside pandas: 15,508 requests/s; peer absent (pandas is absent: no python3)');
  });

  it.each<[number | null, ReturnType<typeof betterOf>]>([[1.006, 'ours'], [1.004, 'level'], [0.996, 'level'], [0.994, 'peer'], [null, null]])('of ratio %s is better for %s', (ratio, better) => {
    expect(betterOf({ ratio })).toBe(better);
  });

  it('meets a goal at the goal itself', () => {
    expect([isGoalMet({ ratio: 0.7, goal: 0.7 }), isGoalMet({ ratio: 0.699, goal: 0.7 }), isGoalMet({ ratio: null, goal: 0.7 }), isGoalMet({ ratio: 2 })]).toEqual([true, false, null, null]);
  });

  it.each<[string, Partial<Record<keyof BenchLine, unknown>>, RegExp]>([
    ['a figure that is not finite', { ours: Number.NaN }, /ours must be a finite number/],
    ['a peer that is not finite', { peer: Infinity }, /peer must be null or a finite number/],
    ['a peer without a ratio', { ratio: null }, /peer and ratio must both be null/],
    ['a ratio without a peer', { peer: null }, /peer and ratio must both be null/],
    ['a ratio of zero', { ratio: 0 }, /ratio must be/],
    ['a goal that is not positive', { goal: -1 }, /goal must be/],
    ['no name', { name: ' ' }, /name must be text/],
    ['no unit', { unit: undefined }, /unit must be text/],
  ])('is refused with %s', (_what, changes, message) => {
    expect(() => checkedLine(line(changes as Partial<BenchLine>))).toThrow(expect.objectContaining({ code: 'INTERNAL', message: expect.stringMatching(message) }));
  });
});

describe('the environment', () => {
  it('says where there is no commit, and what was not committed', () => {
    expect(environmentText({ ...environment, hasUncommittedChanges: true })).toContain('commit abc1234 with uncommitted changes');
    expect(environmentText({ ...environment, commit: null })).toContain('no commit');
  });

  it('is that of this process, and has no commit outside a checkout', () => {
    const read = readEnvironment('/', new Date(0));
    expect(read).toMatchObject({ date: '1970-01-01T00:00:00.000Z', node: process.versions.node, commit: null, hasUncommittedChanges: false });
    expect(read.cores).toBeGreaterThanOrEqual(1);
  });
});
