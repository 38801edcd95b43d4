import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer } from './find-nats-server';
import { SERVICE_NAMES, writeNatsConfig, type NatsConfigOptions } from './nats-config';

describe('nats.conf', () => {
  let folder: string;
  let options: NatsConfigOptions;
  let check: (text: string, env?: NodeJS.ProcessEnv) => { status: number | null; words: string };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'salus nats-config-'));
    const found = await findNatsServer({ env: { ...process.env, NATS_URL: undefined }, allowInstall: false });
    if ('url' in found) throw new Error('expected an executable');
    options = {
      port: 4222,
      serverVersion: found.version,
      storeFolder: join(folder, 'store'),
      pidFile: join(folder, 'pid'),
      service: { user: 'service', password: '1e9' },
      clients: [
        { user: 'alice', password: '-_x' },
        { user: 'true', password: '0' },
      ],
    };
    check = (text, env = process.env) => {
      writeFileSync(join(folder, 'nats.conf'), text);
      const done = spawnSync(found.bin, ['-t', '-c', join(folder, 'nats.conf')], { encoding: 'utf8', env });
      return { status: done.status, words: `${done.stdout}${done.stderr}` };
    };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is accepted by the server on this machine, with and without accounts', () => {
    expect(check(writeNatsConfig(options))).toMatchObject({ status: 0 });
    expect(check(writeNatsConfig({ ...options, port: -1, monitorPort: 8222, host: '0.0.0.0' }))).toMatchObject({ status: 0 });
    expect(check(writeNatsConfig({ ...options, accounts: false }))).toMatchObject({ status: 0 });
    expect(check('jetstream { no_such_key: 1 }').status).not.toBe(0);
  });

  it('takes passwords from the environment of the server', () => {
    const text = writeNatsConfig({ ...options, service: { user: 'service', password: { env: 'SERVICE_PASSWORD' } } });
    expect(text).not.toContain('1e9');
    expect(check(text, { ...process.env, SERVICE_PASSWORD: 'abc' })).toMatchObject({ status: 0 });
    expect(check(text).status).not.toBe(0);
  });

  it('asks for a sync before each acknowledgement only from servers that know the setting', () => {
    const has = (serverVersion: string) => writeNatsConfig({ ...options, serverVersion }).includes('sync_interval: always');
    expect(['2.9.10', '1.14.0', '2.10.0', '2.12.3', '3.0.0'].map(has)).toEqual([false, false, true, true, true]);
  });

  it('exports every service, and discovery with several answers', () => {
    const text = writeNatsConfig(options);
    for (const name of SERVICE_NAMES) {
      expect(text).toContain(`{ service: "${name}.>", accounts: [CLIENTS] }`);
      expect(text).toContain(`{ service: { account: SALUS, subject: "${name}.>" }, share: true }`);
    }
    expect(text).toContain('{ service: "$SRV.>", response: stream, accounts: [CLIENTS] }');
    expect(text).toContain('max_payload: 8388608');
  });

  it.each(['', 'a b', 'a"', 'a\n}', '*', 'a.b', '$X'])('refuses the word %j as a user name or password', (word) => {
    expect(() => writeNatsConfig({ ...options, clients: [{ user: word, password: 'x' }] })).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
    expect(() => writeNatsConfig({ ...options, service: { user: 'service', password: word } })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.not.stringContaining(`"${word}"`) }),
    );
  });

  it('refuses one name for two users', () => {
    expect(() => writeNatsConfig({ ...options, clients: [{ user: 'service', password: 'x' }] })).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
  });
});
