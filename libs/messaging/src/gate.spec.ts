import { OperationMeter } from '@salus/observability';
import fc from 'fast-check';
import { Gate } from './gate';

const newMeter = (): OperationMeter => new OperationMeter('s', () => undefined);

describe('a gate', () => {
  it('never lets more run than its bound, keeps the order of arrival and loses nobody', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 60 }), async (bound, turns) => {
        const meter = newMeter();
        const gate = new Gate(bound, turns.length, meter);
        const begun: number[] = [];
        let running = 0;
        await Promise.all(
          turns.map(async (ticks, at) => {
            const turn = gate.enter();
            if (turn) await turn;
            begun.push(at);
            running += 1;
            expect(running).toBeLessThanOrEqual(bound);
            for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
            running -= 1;
            gate.leave(1);
          }),
        );
        expect(begun).toEqual(turns.map((_, at) => at));
        expect([meter.inFlight, meter.waiting]).toEqual([0, 0]);
      }),
    );
  });

  it('refuses only when as many run and wait as may', () => {
    const gate = new Gate(1, 1, newMeter());
    void gate.enter();
    expect(() => gate.refuseOverload()).not.toThrow();
    void gate.enter();
    expect(() => gate.refuseOverload()).toThrow(expect.objectContaining({ code: 'OVERLOADED', details: { retryAfterMs: 25 } }));
    gate.leave(1);
    expect(() => gate.refuseOverload()).not.toThrow();
  });

  it('hints at a longer wait when requests take longer', () => {
    const gate = new Gate(1, 0, newMeter());
    for (let round = 0; round < 100; round++) {
      void gate.enter();
      gate.leave(500);
    }
    void gate.enter();
    expect(() => gate.refuseOverload()).toThrow(expect.objectContaining({ details: { retryAfterMs: 500 } }));
  });

  it('keeps its queue in order over many thousands', async () => {
    const gate = new Gate(1, 10_000, newMeter());
    const begun: number[] = [];
    await Promise.all(
      Array.from({ length: 5_000 }, async (_, at) => {
        await gate.enter();
        begun.push(at);
        gate.leave(0);
      }),
    );
    expect(begun).toEqual(Array.from({ length: 5_000 }, (_, at) => at));
  });
});
