import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { Trace, currentTrace, runWithTrace } from './trace';

describe('a trace', () => {
  it('comes back from its own header', () => {
    const trace = Trace.start();
    expect(trace.toString()).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(Trace.parse(trace.toString())).toEqual(trace);
  });

  it('keeps its id and its flag in a child and gets another span', () => {
    const parent = Trace.parse('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00') as Trace;
    const child = parent.child();
    expect([child.traceId, child.sampled]).toEqual([parent.traceId, false]);
    expect(child.spanId).not.toBe(parent.spanId);
  });

  it('has ids that do not repeat', () => {
    expect(new Set(Array.from({ length: 5_000 }, () => Trace.start().traceId)).size).toBe(5_000);
  });

  it.each([
    undefined, '', 'x', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331', '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', 'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra',
  ])('is not read from %j', (header) => {
    expect(Trace.parse(header)).toBeUndefined();
  });

  it('is read from a later version with more behind it, as the standard asks', () => {
    expect(Trace.parse('01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more')?.sampled).toBe(true);
  });

  it('never fails to read any text', () => {
    fc.assert(fc.property(fc.string(), (text) => void Trace.parse(text)));
  });
});

describe('the current trace', () => {
  it('is found after an await and by nobody outside', async () => {
    const trace = Trace.start();
    const inside = runWithTrace(trace, async () => {
      await sleep(1);
      return currentTrace();
    });
    expect(currentTrace()).toBeUndefined();
    expect(await inside).toBe(trace);
  });
});
