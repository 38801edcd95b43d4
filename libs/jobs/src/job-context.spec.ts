import { ProgressThrottle } from './job-context';
import type { JobProgress } from './job-record';

describe('ProgressThrottle', () => {
  let sent: JobProgress[];
  let throttle: ProgressThrottle;

  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    sent = [];
    throttle = new ProgressThrottle((progress) => void sent.push(progress));
  });

  afterEach(() => jest.useRealTimers());

  it('sends the first of each phase at once, and of many in one phase the newest', () => {
    for (let percent = 0; percent < 50; percent += 1) throttle.report({ percent, phase: 'reading' });
    expect(sent).toEqual([{ percent: 0, phase: 'reading' }]);
    jest.advanceTimersByTime(200);
    expect(sent.at(-1)).toEqual({ percent: 49, phase: 'reading' });
    throttle.report({ percent: 60, phase: 'writing' });
    expect(sent).toHaveLength(3);
    jest.advanceTimersByTime(10_000);
    expect(sent).toHaveLength(3);
  });

  it.each([Number.NaN, -1, 100.1, Number.POSITIVE_INFINITY])('refuses %d percent', (percent) => {
    expect(() => throttle.report({ percent, phase: 'p' })).toThrow('percent is from 0 to 100');
  });

  it('refuses a metric that is not finite and names it', () => {
    expect(() => throttle.report({ percent: 1, phase: 'p', metrics: { loss: Number.NaN } })).toThrow('metric loss');
  });
});
