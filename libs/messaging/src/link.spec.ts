import { createServer } from 'node:net';
import { once } from 'node:events';
import { createLog } from '@salus/observability';
import { startNats, type NatsTestServer } from '@salus/testkit';
import { ECHO_SERVICE, EchoModule, echo, released } from './echo.conformance';
import { NatsEvents } from './events';
import { NatsLink, backoffMs } from './nats-link';
import { runService } from './service';
import { LogLines, connectAs, startEcho } from './suite.conformance';
import { NatsWakeBell } from './wake-bell';

const quiet = createLog({ service: 'link', destination: new LogLines() });

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('the connection to NATS', () => {
  let nats: NatsTestServer;

  beforeAll(async () => {
    nats = await startNats();
  });
  afterAll(() => nats?.stop());

  it('is mended after the server was killed and started again; service, client and events go on', async () => {
    const log = new LogLines();
    const service = await startEcho(nats, { logDestination: log });
    const client = await connectAs(nats, 'client');
    const link = new NatsLink({ url: nats.serviceUrl, name: 'link' }, quiet);
    await link.connected();
    const events = new NatsEvents(link, quiet);
    let heard = 0;
    events.subscribe(released, () => void (heard += 1));
    expect(await client.request(echo, { text: 'before' })).toEqual({ text: 'before' });
    await nats.kill();
    await until(() => /disconnected from NATS/.test(log.text) && !link.isUp);
    const ready = await fetch(`${service.health.url}/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'unavailable', reason: 'no connection to NATS' }]);
    expect((await fetch(`${service.health.url}/live`)).status).toBe(200);
    await nats.restart();
    await until(() => /connected to NATS again/.test(log.text) && link.isUp);
    expect(await client.request(echo, { text: 'after' }, { timeoutMs: 20_000 })).toEqual({ text: 'after' });
    events.publish(released, { reason: 'after' });
    await until(() => heard === 1);
    await Promise.all([link.close(), client.close(), service.close()]);
  }, 60_000);

  it('may be absent at the start: the service says so, waits and serves when it is there', async () => {
    const { port } = new URL(nats.url);
    await nats.kill();
    const log = new LogLines();
    const starting = startEcho(nats, { logDestination: log });
    await until(() => (log.text.match(/NATS cannot be reached/g) ?? []).length >= 3);
    expect(log.text).toContain(`127.0.0.1:${port}`);
    await nats.restart();
    const service = await starting;
    const client = await connectAs(nats, 'client');
    expect(await client.request(echo, { text: 'served' })).toEqual({ text: 'served' });
    await Promise.all([client.close(), service.close()]);
  }, 60_000);

  it('takes subscriptions before it stands', async () => {
    const link = new NatsLink({ url: nats.serviceUrl, name: 'early' }, quiet);
    const bell = new NatsWakeBell(link);
    let rings = 0;
    bell.onRing('early', () => void (rings += 1));
    const end = bell.onRing('early', () => void (rings += 100));
    end();
    bell.ring('early');
    expect(rings).toBe(0);
    await link.connected();
    bell.ring('early');
    await until(() => rings > 0);
    expect(rings).toBe(1);
    await link.close();
  });

  it('is given up when the link is closed before it stands', async () => {
    const link = new NatsLink({ url: 'nats://127.0.0.1:1', name: 'never' }, quiet);
    const connected = expect(link.connected()).rejects.toMatchObject({ code: 'CANCELLED' });
    await link.close();
    await connected;
  });

  it.each([['user and password', { user: 'service', password: 'wrong' }], ['nobody', {}]])('refuses to start with wrong credentials (%s), which the log does not show', async (_title, { user, password }: { user?: string; password?: string }) => {
    const log = new LogLines();
    const config = { natsUrl: nats.url, natsUser: user, natsPassword: password, healthPort: 0 };
    await expect(
      runService({ module: EchoModule, name: ECHO_SERVICE, version: '1.0.0', description: 'echo', handlesSignals: false, logDestination: log, config }),
    ).rejects.toMatchObject({ code: 'CONFIGURATION' });
    expect(log.text).not.toContain('wrong"');
  });

  it('says in the log that an address is not readable, and shows nothing of it', async () => {
    const log = new LogLines();
    await expect(startEcho(nats, { logDestination: log, config: { natsUrl: 'nats://service:half%of-it@127.0.0.1:1' } })).rejects.toMatchObject({ code: 'CONFIGURATION' });
    expect(log.text).toContain('the address of NATS is not readable');
    expect(log.text).not.toContain('half');
  });

  it('takes credentials in the address and shows them to no log', async () => {
    const log = new LogLines();
    const link = new NatsLink({ url: nats.serviceUrl, name: 'address' }, createLog({ service: 'link', destination: log, level: 'debug' }));
    await link.connected();
    await link.close();
    expect(log.text).toContain('connected to NATS');
    expect(log.text).not.toContain(nats.service.password);
  });

  it('refuses to start when the health port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(startEcho(nats, { config: { healthPort: port } })).rejects.toMatchObject({ code: 'CONFIGURATION' });
    other.close();
  });
});

describe('the pause between two attempts', () => {
  it('grows, stays below 5 s and is never nothing', () => {
    for (let attempt = 0; attempt < 50; attempt++) {
      const full = Math.min(5_000, 100 * 2 ** attempt);
      expect(backoffMs(attempt)).toBeGreaterThanOrEqual(full / 2);
      expect(backoffMs(attempt)).toBeLessThanOrEqual(full);
    }
  });
});
