import { FAULT_CODES, Fault, isFaultCode } from './index';

describe('Fault', () => {
  it('carries code, text, details and whether a retry can help', () => {
    const fault = new Fault('OVERLOADED', 'too many requests', { retryAfterMs: 50 });
    expect({ code: fault.code, message: fault.message, details: fault.details, retryable: fault.retryable }).toEqual({
      code: 'OVERLOADED',
      message: 'too many requests',
      details: { retryAfterMs: 50 },
      retryable: true,
    });
  });

  it('hides an unknown error behind INTERNAL and keeps it as cause', () => {
    const secret = new Error('password=hunter2');
    const fault = Fault.from(secret);
    expect(fault.code).toBe('INTERNAL');
    expect(fault.message).not.toContain('hunter2');
    expect(fault.cause).toBe(secret);
    expect(Fault.from(fault)).toBe(fault);
  });

  it('knows every code of the table and no inherited name', () => {
    expect(Object.keys(FAULT_CODES).every(isFaultCode)).toBe(true);
    expect(isFaultCode('toString')).toBe(false);
  });
});
