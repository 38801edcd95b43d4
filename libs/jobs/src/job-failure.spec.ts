import { Fault } from '@salus/fault';
import { failureOf, storableFailure, verdictOn } from './job-failure';

describe('verdictOn', () => {
  it.each([
    ['UNAVAILABLE', 1, { kind: 'retry', delayMs: 1_000 }],
    ['UNAVAILABLE', 2, { kind: 'retry', delayMs: 2_000 }],
    ['INTERNAL', 4, { kind: 'retry', delayMs: 8_000 }],
    ['INTERNAL', 5, { kind: 'fail' }],
    ['INVALID_DATA', 1, { kind: 'fail' }],
    ['A_CODE_OF_A_NEWER_VERSION', 1, { kind: 'retry', delayMs: 1_000 }],
  ])('%s on try %d of 5', (code, tries, verdict) => {
    expect(verdictOn({ tries, maxAttempts: 5 }, code, 1_000)).toEqual(verdict);
  });

  it('never pauses longer than a minute', () => {
    expect(verdictOn({ tries: 60, maxAttempts: 100 }, 'INTERNAL', 1_000)).toEqual({ kind: 'retry', delayMs: 60_000 });
  });
});

describe('failureOf', () => {
  it('keeps what a fault says', () => {
    const failure = { code: 'INVALID_DATA', message: 'row 7', details: { row: 7 } };
    expect(failureOf(new Fault('INVALID_DATA', 'row 7', { row: 7 }))).toEqual(failure);
  });

  it('keeps nothing of what an unknown error says', () => {
    expect(JSON.stringify(failureOf(new SyntaxError('unexpected token in canary-4711')))).not.toContain('canary');
    expect(failureOf('canary-4711')).toMatchObject({ code: 'INTERNAL' });
  });

  it('makes what cannot be stored storable', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(storableFailure({ code: 'X', message: 'nul \u0000 half \ud800', details: {} }).message).toBe('nul  half \ufffd');
    expect(storableFailure({ code: 'X', message: '', details: cycle }).details).toEqual({ omitted: 'not a JSON value' });
    expect(storableFailure({ code: 'X', message: '', details: { big: 1n } }).details).toEqual({ omitted: 'not a JSON value' });
    expect(storableFailure({ code: 'X', message: '', details: { text: '\u0000' } }).details).toHaveProperty('omitted');
    expect(storableFailure({ code: 'X', message: 'm'.repeat(9_999), details: { text: 'x'.repeat(99_999) } })).toMatchObject({ message: 'm'.repeat(2_000), details: { omitted: 'too long' } });
  });
});
