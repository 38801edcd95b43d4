import { Fault } from '@salus/fault';
import { patiently, pauseMs } from './patience';

const away = new Fault('UNAVAILABLE', 'nobody answers');

/** Work that fails so many times, then gives how often it was done. */
function failing(times: number, fault: Error = away) {
  let calls = 0;
  return { work: async () => ((calls += 1) <= times ? Promise.reject(fault) : calls), calls: () => calls };
}

describe('patience', () => {
  it('tries again while the platform is away and tells of every wait', async () => {
    const waits: Fault[] = [];
    expect(await patiently(failing(2).work, { onWait: (fault) => waits.push(fault) })).toBe(3);
    expect(waits).toEqual([away, away]);
  });

  it.each(['NOT_FOUND', 'INVALID_REQUEST', 'INTERNAL'] as const)('does not repeat what was refused as %s', async (code) => {
    const { work, calls } = failing(1, new Fault(code, 'no'));
    await expect(patiently(work)).rejects.toMatchObject({ code });
    expect(calls()).toBe(1);
  });

  it('does not repeat an error of this program', async () => {
    await expect(patiently(failing(1, new TypeError('bug')).work)).rejects.toThrow(TypeError);
  });

  it('ends with the last fault when it is over', async () => {
    const { work, calls } = failing(9);
    await expect(patiently(work, { patienceMs: 0 })).rejects.toBe(away);
    expect(calls()).toBe(1);
  });

  it('ends at once when it is interrupted, before and during a wait', async () => {
    const interrupt = new AbortController();
    const { work } = failing(9, new Fault('OVERLOADED', 'full', { retryAfterMs: 30_000 }));
    await expect(patiently(work, { signal: interrupt.signal, onWait: () => interrupt.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    const never = failing(0);
    await expect(patiently(never.work, { signal: interrupt.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(never.calls()).toBe(0);
  });

  it('waits longer each time up to a bound, and as long as the service asks', () => {
    const pauses = Array.from({ length: 40 }, (_, attempt) => pauseMs(attempt, away));
    expect(pauses.slice(0, 3)).toEqual([100, 200, 400]);
    expect(Math.max(...pauses)).toBe(3_000);
    expect(pauseMs(0, new Fault('OVERLOADED', 'full', { retryAfterMs: 700 }))).toBe(700);
    expect(pauseMs(0, new Fault('OVERLOADED', 'full', { retryAfterMs: 1e12 }))).toBe(30_000);
    expect(pauseMs(0, new Fault('OVERLOADED', 'full', { retryAfterMs: 'soon' }))).toBe(100);
  });
});
