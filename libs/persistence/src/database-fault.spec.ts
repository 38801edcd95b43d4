import { Fault } from '@salus/fault';
import { QueryFailedError } from 'typeorm';
import { databaseFault, isDatabaseError } from './database-fault';

const ofServer = (code: string): Error =>
  new QueryFailedError('SELECT $1', ['canary-4711'], Object.assign(new Error('invalid input "canary-4711"'), { code, severity: 'ERROR', detail: 'Key (name)=(canary-4711)' }));

describe('databaseFault', () => {
  it.each([
    ['23505', 'CONFLICT'],
    ['23503', 'INTERNAL'],
    ['22P02', 'INTERNAL'],
    ['22021', 'INVALID_REQUEST'],
    ['40001', 'UNAVAILABLE'],
    ['40P01', 'UNAVAILABLE'],
    ['53300', 'UNAVAILABLE'],
    ['57P01', 'UNAVAILABLE'],
    ['57P03', 'UNAVAILABLE'],
    ['25P03', 'UNAVAILABLE'],
    ['08006', 'UNAVAILABLE'],
    ['28P01', 'CONFIGURATION'],
    ['3D000', 'CONFIGURATION'],
  ])('maps SQLSTATE %s to %s and keeps no value', (sqlState, code) => {
    const fault = databaseFault(ofServer(sqlState));
    expect(fault).toMatchObject({ code, details: { sqlState } });
    const cause = fault.cause as Error;
    expect([fault.message, fault.stack, JSON.stringify(fault.details), cause.message, cause.stack, JSON.stringify({ ...cause })].join()).not.toContain('4711');
  });

  it.each([
    Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' }),
    Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }),
    new Error('Connection terminated unexpectedly'),
    new Error('Client has encountered a connection error and is not queryable'),
    new Error('timeout exceeded when trying to connect'),
  ])('maps a lost connection to UNAVAILABLE: %s', (error) => {
    expect(databaseFault(error)).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('leaves a fault as it is and hides what it does not know', () => {
    const fault = new Fault('NOT_FOUND', 'no');
    expect(databaseFault(fault)).toBe(fault);
    expect(databaseFault(new RangeError('canary-4711')).message).not.toContain('4711');
    expect(databaseFault('canary-4711')).toMatchObject({ code: 'INTERNAL' });
  });

  it('tells errors of the database from those of the work', () => {
    expect([ofServer('23505'), new Error('Connection terminated'), new RangeError('no'), new Fault('UNAVAILABLE', 'the database'), 'text'].map(isDatabaseError)).toEqual([true, true, false, false, false]);
  });
});
