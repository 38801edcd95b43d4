import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUN_SCHEMA, identifyProcess, writeRun, type Run } from '@salus/local';
import { isWrongArgument } from './client/wrong-argument';
import { findPlatform } from './config';

describe('the platform', () => {
  const root = mkdtempSync(join(tmpdir(), 'salus-cli-'));
  const below = join(root, 'a', 'b');
  const state = join(root, '.salus');
  const client = { user: 'client', password: 'secret', inboxPrefix: '_INBOX_client' };
  mkdirSync(below, { recursive: true });
  afterEach(() => rmSync(state, { recursive: true, force: true }));
  afterAll(() => rmSync(root, { recursive: true }));

  const find = (options = {}, environment: Record<string, string> = {}) => findPlatform({ options, environment, folder: below });
  const runOf = (processes: Run['processes']): Run => ({
    schema: RUN_SCHEMA, ready: true, startedAt: '2026-11-23T09:30:00.000Z', natsUrl: 'nats://127.0.0.1:4999', client,
    databaseUrl: 'postgres://a@127.0.0.1:1/a', ports: { nats: 4999, health: {} }, processes, folders: { state },
  });

  it('is the one that runs in a folder above', async () => {
    const own = await identifyProcess(process.pid);
    writeRun(state, runOf({ salus: own! }));
    expect(await find()).toEqual({ url: 'nats://127.0.0.1:4999', ...client, foundIn: join(state, 'run.json') });
    expect(await find({}, { SALUS_NATS_URL: 'nats://far:4222' })).toMatchObject({ url: 'nats://far:4222' });
  });

  it('is not one that runs no longer', async () => {
    writeRun(state, runOf({ salus: { pid: process.pid, startTime: 'long ago' } }));
    await expect(find()).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('runs no longer') });
  });

  it('is not guessed from a broken run.json', async () => {
    mkdirSync(state);
    writeFileSync(join(state, 'run.json'), '{');
    await expect(find()).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });

  it('is named by options before the environment', async () => {
    const environment = { SALUS_NATS_URL: 'nats://far:4222', SALUS_NATS_USER: 'bob', SALUS_NATS_PASSWORD: 'p', SALUS_INBOX_PREFIX: '_INBOX_x' };
    expect(await find({}, environment)).toEqual({ url: 'nats://far:4222', user: 'bob', password: 'p', inboxPrefix: '_INBOX_x', foundIn: 'SALUS_NATS_URL' });
    expect(await find({ nats: 'near', user: 'eve' }, { SALUS_NATS_URL: 'nats://far:4222' })).toEqual({ url: 'nats://near', user: 'eve', password: undefined, inboxPrefix: '_INBOX_eve', foundIn: '--nats' });
  });

  it.each([
    ['nats://al%3Aice:p%40ss@h:1', { url: 'nats://h:1', user: 'al:ice', password: 'p@ss' }],
    ['nats://a:1, tls://b:2', { url: 'nats://a:1,tls://b:2', user: undefined }],
    ['nats://[::1]:4222', { url: 'nats://[::1]:4222' }],
  ])('may be named as %s', async (nats, expected) => {
    expect(await find({ nats })).toMatchObject(expected);
  });

  it.each(['http://h', 'nats://', '', 'nats://h:99999'])('is not named by %j', async (nats) => {
    const fault = await find({ nats }).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'CONFIGURATION' });
    expect(isWrongArgument(fault)).toBe(true);
  });
});
