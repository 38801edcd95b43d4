import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientNatsUrl, isRunAlive, readRun, removeRun, runFileOf, writeRun, type Run } from './run-file';
import { identifyProcess } from './process-identity';

const RUN: Run = {
  schema: 1,
  ready: true,
  startedAt: '2026-01-01T00:00:00.000Z',
  natsUrl: 'nats://127.0.0.1:4222',
  service: { user: 'service', password: 'a' },
  client: { user: 'client', password: 'b/c', inboxPrefix: '_INBOX_client' },
  databaseUrl: 'postgres://salus:x@127.0.0.1:5432/postgres',
  ports: { nats: 4222, postgres: 5432, health: { prediction: 20_001 } },
  processes: { salus: { pid: 1, startTime: 'never' } },
  folders: { state: '/s', cluster: '/c' },
};

describe('run.json', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salus-run-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('comes back as it was written, readable by its owner only, with nothing beside it', () => {
    expect(readRun(folder)).toBeUndefined();
    writeRun(folder, { ...RUN, ready: false });
    writeRun(folder, RUN);
    expect(readRun(folder)).toEqual(RUN);
    expect(statSync(runFileOf(folder)).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['run.json']);
    removeRun(folder);
    removeRun(folder);
    expect(readRun(folder)).toBeUndefined();
  });

  it('may leave out what runs elsewhere', () => {
    const { schema, ready, startedAt, natsUrl, databaseUrl, processes } = RUN;
    const elsewhere: Run = { schema, ready, startedAt, natsUrl, databaseUrl, processes, ports: { health: {} }, folders: { state: '/s' } };
    writeRun(folder, elsewhere);
    expect(readRun(folder)).toEqual(elsewhere);
    expect(clientNatsUrl(elsewhere)).toBe('nats://127.0.0.1:4222');
  });

  it.each<[string, unknown]>([
    ['schema', 2],
    ['ready', 'yes'],
    ['natsUrl', ''],
    ['client', { user: 'client', password: 'b' }],
    ['service', null],
    ['databaseUrl', undefined],
    ['ports', { nats: 70_000, health: {} }],
    ['ports', { nats: 4222, health: { prediction: '1' } }],
    ['processes', { salus: { pid: 0, startTime: 'x' } }],
    ['processes', []],
    ['folders', {}],
  ])('is refused with a wrong "%s": %j', (field, value) => {
    writeFileSync(runFileOf(folder), JSON.stringify({ ...RUN, [field]: value }));
    expect(() => readRun(folder)).toThrow(expect.objectContaining({ code: 'CONFIGURATION', details: expect.objectContaining({ fields: [field] }) }));
  });

  it.each(['', '{"schema": 1,', 'null', '[]', '7'])('is refused as %j', (text) => {
    writeFileSync(runFileOf(folder), text);
    expect(() => readRun(folder)).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
  });

  it('says whether the process that wrote it lives, and how a client logs in', () => {
    expect(isRunAlive(RUN)).toBe(false);
    expect(isRunAlive({ ...RUN, processes: { salus: identifyProcess(process.pid) ?? { pid: 1, startTime: '' } } })).toBe(true);
    expect(clientNatsUrl(RUN)).toBe('nats://client:b%2Fc@127.0.0.1:4222');
  });
});
