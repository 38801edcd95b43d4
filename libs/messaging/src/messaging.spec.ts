import { createLog } from '@salus/observability';
import { startNats, type NatsTestServer } from '@salus/testkit';
import { released } from './echo.conformance';
import { openMessaging } from './messaging';
import { serviceConfigOf } from './service-config';
import { LogLines } from './suite.conformance';

describe('a process that answers no requests', () => {
  let nats: NatsTestServer;
  const lines = new LogLines();
  const log = createLog({ service: 'job', destination: lines });

  beforeAll(async () => {
    nats = await startNats();
  });
  afterAll(() => nats?.stop());

  it('tells events, rings and reads buckets, without waiting for the connection to be made', async () => {
    const one = openMessaging({ url: nats.serviceUrl, name: 'one', log });
    const other = openMessaging({ url: nats.serviceUrl, name: 'other', log });
    const heard = new Promise<string>((resolve) => void other.events.subscribe(released, ({ reason }) => resolve(reason)));
    const rung = new Promise<void>((resolve) => void other.wakeBell.onRing('job', resolve));
    const repeat = setInterval(() => {
      one.events.publish(released, { reason: 'done' });
      one.wakeBell.ring('job');
    }, 10);
    expect(await heard).toBe('done');
    await rung;
    clearInterval(repeat);
    await one.keyValue.open('jobs').put('a', new Uint8Array([1]));
    expect(await other.keyValue.open('jobs').get('a')).toEqual(new Uint8Array([1]));
    await Promise.all([one.close(), other.close()]);
  });

  it('ends quietly when it was never connected, and says so when it is refused', async () => {
    const never = openMessaging({ url: 'nats://127.0.0.1:1', name: 'never', log });
    never.events.publish(released, { reason: 'lost' });
    await never.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines.text).not.toContain('stays without NATS');
    const refused = openMessaging({ url: nats.url, user: 'service', password: 'wrong', name: 'refused', log });
    while (!lines.text.includes('stays without NATS')) await new Promise((resolve) => setTimeout(resolve, 10));
    await refused.close();
  });
});

describe('the settings of a service', () => {
  it('become what runService needs', () => {
    const settings = {
      NATS_URL: 'nats://a:1', NATS_USER: 'u', NATS_PASSWORD: 'p', NATS_QUEUE: 'q', ALLOW_ANONYMOUS: true, HEALTH_HOST: '0.0.0.0', HEALTH_PORT: 8_080, LOG_LEVEL: 'warn' as const, DRAIN_TIMEOUT_MS: 5,
    };
    expect(serviceConfigOf(settings)).toEqual({
      natsUrl: 'nats://a:1', natsUser: 'u', natsPassword: 'p', queueGroup: 'q', allowAnonymous: true, healthHost: '0.0.0.0', healthPort: 8_080, logLevel: 'warn', drainTimeoutMs: 5,
    });
  });
});
