import fc from 'fast-check';
import { ProgressReport, progressLine } from './progress';
import { styleOf, widthOf } from './style';

const style = styleOf(false);

function recorded(isTerminal: boolean) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const report = new ProgressReport({ write: (text) => void written.push(text), isTerminal, columns: () => 100, style, now: () => clock.ms });
  return { written, clock, report };
}

describe('a progress line', () => {
  it('shows title, bar, percent, phase, figures and time', () => {
    const line = progressLine('train-model blood-pressure', { percent: 50, phase: 'fitting', metrics: { rows: 354 } }, { elapsedMs: 3_200, columns: 100, style });
    expect(line).toBe(`train-model blood-pressure  ${'█'.repeat(12)}${'░'.repeat(12)}   50 %  fitting · rows 354 · 3.2 s`);
  });

  it('never takes the whole width, so that it never wraps', () => {
    fc.assert(
      fc.property(fc.record({ title: fc.string(), percent: fc.double(), phase: fc.string(), columns: fc.integer({ min: 1, max: 200 }) }), ({ title, percent, phase, columns }) => {
        const line = progressLine(title, { percent, phase }, { elapsedMs: 0, columns, style: styleOf(true) });
        expect(widthOf(line)).toBeLessThan(Math.max(columns, 1));
      }),
    );
  });
});

describe('a progress report', () => {
  it('redraws one line on a terminal and begins another for another title', () => {
    const { written, clock, report } = recorded(true);
    report.show('upload', { percent: 0, phase: 'reading' });
    clock.ms = 500;
    report.show('upload', { percent: 100, phase: 'sending' });
    report.show('ingest', { percent: 0, phase: 'queued' });
    report.end();
    report.end();
    expect(written.map((text) => text.replace(/[█░]+/, '|'))).toEqual([
      '\r\x1b[2Kupload  |    0 %  reading · 0.0 s',
      '\r\x1b[2Kupload  |  100 %  sending · 0.5 s',
      '\n',
      '\r\x1b[2Kingest  |    0 %  queued · 0.0 s',
      '\n',
    ]);
  });

  it('writes a line per phase elsewhere', () => {
    const { written, report } = recorded(false);
    report.show('train', { percent: 1.5, phase: 'reading' });
    report.show('train', { percent: 7, phase: 'reading' });
    report.note('waiting');
    report.show('train', { percent: 60, phase: 'fitting' });
    report.end();
    expect(written).toEqual(['train: reading (1 %)\n', 'waiting\n', 'train: fitting (60 %)\n']);
  });
});
