import { FAULT_CODES, Fault, type FaultCode } from '@salus/fault';
import { nearest } from './nearest';
import { ERROR_CODE_HEADER, ERROR_HEADER, STATUS_OF, errorHeaders, faultOfReply, refusalText, wireErrorOf } from './wire-error';

const codes = Object.keys(FAULT_CODES) as FaultCode[];

describe('a fault on the wire', () => {
  it.each(codes)('%s comes back as the same fault', (code) => {
    const body = Buffer.from(JSON.stringify({ error: wireErrorOf(new Fault(code, 'what failed', { field: 'a' }), 'id-1') }));
    const fault = faultOfReply(body, 'x');
    expect([fault.code, fault.message, fault.details, fault.retryable]).toEqual([code, 'what failed', { field: 'a', correlationId: 'id-1' }, FAULT_CODES[code].retryable]);
    expect(STATUS_OF[code]).toBeGreaterThanOrEqual(400);
  });

  it('has a header of one line of printable ASCII, whatever its text', () => {
    const headers = errorHeaders(new Fault('NOT_FOUND', `no\r\nNats-Request-Info: x\u0000 ä ${'long '.repeat(100)}`));
    expect(headers.get(ERROR_HEADER)).toMatch(/^[\x20-\x7e]{1,256}$/);
    expect(headers.get(ERROR_CODE_HEADER)).toBe('404');
    expect(errorHeaders(new Fault('NOT_FOUND', '')).get(ERROR_HEADER)).toBe('error');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['have no JSON text', { count: 1n }, 'no JSON value'],
    ['leave the message no room', { list: 'ä'.repeat(5_000) }, 'too long for a message'],
  ])('leaves without its details when they %s', (_, details, omitted) => {
    const wire = wireErrorOf(new Fault('CONFLICT', 'what failed', details), 'id-1');
    expect(JSON.parse(refusalText(wire, { maxBytes: 10_000 }))).toEqual({ error: { ...wire, details: { omitted } } });
    expect(JSON.parse(refusalText(wire, { nestId: 'n', maxBytes: 10_000 }))).toEqual({ id: 'n', err: { ...wire, details: { omitted } }, isDisposed: true });
  });

  it.each(['', 'text', '{}', '{"error":{}}', '{"error":{"code":"NEW_CODE"}}', 'null'])('is INTERNAL when the body is %j', (body) => {
    expect(faultOfReply(Buffer.from(body), 'header text')).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('header text') });
  });
});

describe('the nearest names', () => {
  it('are the closest first, at most three, and none that is far away', () => {
    expect(nearest('a.v1.predikt', ['a.v1.train', 'a.v1.predict', 'a.v1.predicts', 'zzzzzzzzzzzzzzzz'])).toEqual(['a.v1.predict', 'a.v1.predicts', 'a.v1.train']);
    expect(nearest('', ['abc'])).toEqual([]);
  });
});
