import { Fault } from '@salus/fault';
import fc from 'fast-check';
import { createLog, type LogFields } from './log';
import { nestLog } from './nest-log';
import { describeError } from './redact';
import { Trace, runWithTrace } from './trace';

const CANARY = 'canary-7f3a91';

function logInto(): { log: ReturnType<typeof createLog>; lines: string[]; last(): Record<string, unknown> } {
  const lines: string[] = [];
  const log = createLog({ service: 'test', level: 'debug', destination: { write: (line) => void lines.push(line) } });
  return { log, lines, last: () => JSON.parse(lines[lines.length - 1]) };
}

/** What `pg` throws for a duplicate key, inside what TypeORM throws. */
function databaseError(): Error {
  const inner = Object.assign(new Error(`invalid input syntax for type integer: "${CANARY}"`), {
    severity: 'ERROR', code: '23505', detail: `Key (patient)=(${CANARY}) already exists.`, where: CANARY, table: 'patients', constraint: 'patients_pkey',
  });
  return Object.assign(new Error(inner.message), { name: 'QueryFailedError', query: `insert ${CANARY}`, parameters: [CANARY], driverError: inner });
}

describe('the log', () => {
  it('writes one JSON line with level, time, service and the fields that are allowed', () => {
    const { log, lines, last } = logInto();
    log.info('served', { subject: 'a.v1.b', durationMs: 3, code: 'OK' });
    expect(lines).toHaveLength(1);
    expect(last()).toMatchObject({ level: 'info', service: 'test', msg: 'served', subject: 'a.v1.b', durationMs: 3, code: 'OK', time: expect.stringMatching(/Z$/) });
  });

  it('drops every field that is not on the list or no scalar, and says how many', () => {
    const { log, lines, last } = logInto();
    log.info('x', { body: CANARY, rows: [CANARY], subject: { toJSON: () => CANARY }, code: 'OK' } as unknown as LogFields);
    expect(lines[0]).not.toContain(CANARY);
    expect(last()).toMatchObject({ droppedFields: 3, code: 'OK' });
    log.child({ patient: CANARY, model: 'm' } as unknown as LogFields).warn('y');
    expect(lines[1]).not.toContain(CANARY);
    expect(last()).toMatchObject({ model: 'm' });
  });

  it('never lets a nested value through, whatever its shape', () => {
    const { log, lines } = logInto();
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('subject', 'rows', 'request', 'error', 'code'), fc.object({ values: [fc.constant(CANARY)] })), (fields) => {
        log.error('z', fields as unknown as LogFields);
        expect(lines.pop()).not.toContain(CANARY);
      }),
    );
  });

  it('cuts a long text', () => {
    const { log, last } = logInto();
    log.info('x', { reason: 'r'.repeat(10_000) });
    expect(String(last().reason).length).toBeLessThan(600);
  });

  it('carries the trace under way', () => {
    const { log, last } = logInto();
    const trace = Trace.start();
    runWithTrace(trace, () => log.info('x'));
    expect(last().traceId).toBe(trace.traceId);
  });
});

describe('an error in the log', () => {
  it('of the database shows code, table and constraint and nothing of the data', () => {
    const { log, lines, last } = logInto();
    log.error('failed', { error: databaseError() });
    expect(lines[0]).not.toContain(CANARY);
    expect(last().error).toMatchObject({ type: 'QueryFailedError', message: 'text withheld', cause: { code: '23505', table: 'patients', constraint: 'patients_pkey' } });
  });

  it('of our own shows its text, its code and its cause without data', () => {
    const described = describeError(new Fault('INTERNAL', 'what failed', { rows: CANARY }, new SyntaxError(`Unexpected token in "${CANARY}"`)));
    expect(described).toMatchObject({ code: 'INTERNAL', message: 'what failed', cause: { type: 'SyntaxError', message: 'text withheld' } });
    expect(JSON.stringify(described)).not.toContain(CANARY);
  });

  it('of the program shows where it happened, and its text without what it quotes', () => {
    const described = describeError(new TypeError(`Cannot read properties of undefined (reading '${CANARY}')`));
    expect(described.message).toBe('Cannot read properties of undefined (reading "…")');
    expect(described.at?.[0]).toMatch(/^at /);
    expect(JSON.stringify(described)).not.toContain(CANARY);
  });

  it('of the system shows its text', () => {
    expect(describeError(Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { syscall: 'connect', code: 'ECONNREFUSED' }))).toMatchObject({ message: 'connect ECONNREFUSED 127.0.0.1:1', code: 'ECONNREFUSED' });
  });

  it.each([['a text', CANARY], ['an object', { message: CANARY }], ['null', null], ['undefined', undefined]])('that is %s shows its type only', (_title, thrown) => {
    expect(JSON.stringify(describeError(thrown))).not.toContain(CANARY);
  });

  it('ends when causes go in a circle', () => {
    const error = new Error('a');
    error.cause = new Error('b', { cause: error });
    expect(JSON.stringify(describeError(error)).length).toBeLessThan(20_000);
  });
});

describe('the log for Nest', () => {
  it('keeps context and error, and writes no data of either', () => {
    const { log, lines, last } = logInto();
    const nest = nestLog(log);
    nest.error(new Error(CANARY), 'stack', 'RpcExceptionsHandler');
    expect(last()).toMatchObject({ level: 'error', component: 'RpcExceptionsHandler', error: { message: 'text withheld' } });
    nest.error({ data: CANARY }, 'Context');
    nest.log('Starting', 'NestFactory');
    expect(last()).toMatchObject({ level: 'debug', msg: 'Starting', component: 'NestFactory' });
    expect(lines.join('')).not.toContain(CANARY);
  });
});
