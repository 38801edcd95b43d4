import { createLog } from '@salus/observability';
import { startNats, type NatsTestServer } from '@salus/testkit';
import { connectClient, type Client } from './client';
import { echo, holdMany, released } from './echo.conformance';
import { NatsEvents } from './events';
import { NatsLink } from './nats-link';
import { LogLines, connectAs, killEchoes, spawnEcho, startEcho, type EchoProcess } from './suite.conformance';

const IN_FLIGHT = 400;
/** Without the client's own repeats, which would hide a lost reply. */
const once = { idempotent: false } as const;

describe('a service that gets SIGTERM', () => {
  let nats: NatsTestServer;
  let client: Client;
  let link: NatsLink;
  let events: NatsEvents;

  beforeAll(async () => {
    nats = await startNats();
    client = await connectAs(nats, 'client');
    const log = createLog({ service: 'drain', destination: new LogLines() });
    link = new NatsLink({ url: nats.serviceUrl, name: 'drain' }, log);
    await link.connected();
    events = new NatsEvents(link, log);
  });
  afterAll(async () => {
    killEchoes();
    await link?.close();
    await client?.close();
    await nats?.stop();
  });

  it('answers all of 400 requests in flight on two instances, and exits when its last is answered', async () => {
    const [leaving, staying] = await Promise.all([spawnEcho(nats), spawnEcho(nats)]);
    let answered = 0;
    const requests = Array.from({ length: IN_FLIGHT }, async (_, at) => {
      const reply = await client.request({ ...holdMany, ...once }, { text: String(at) });
      answered += 1;
      return reply.text;
    });
    await client.request(echo, { text: 'all requests were received before this one' });
    leaving.child.kill('SIGTERM');
    await leaving.logged(/"msg":"draining"/);
    const unanswered = IN_FLIGHT - answered;
    const heldByLeaving = inFlightAtDrain(leaving);
    expect(unanswered).toBe(IN_FLIGHT);
    expect(heldByLeaving).toBeGreaterThan(0);
    expect(heldByLeaving).toBeLessThan(IN_FLIGHT);
    expect(leaving.child.exitCode).toBeNull();
    events.publish(released, { reason: 'let go' });
    expect((await Promise.all(requests)).sort()).toEqual(Array.from({ length: IN_FLIGHT }, (_, at) => String(at)).sort());
    expect(await leaving.exited).toEqual({ code: 0, signal: null });
    expect(await client.request(echo, { text: 'served by the other' })).toEqual({ text: 'served by the other' });
    staying.child.kill('SIGINT');
    expect(await staying.exited).toEqual({ code: 0, signal: null });
    console.info(`${IN_FLIGHT} in flight, ${unanswered} unanswered at SIGTERM, ${heldByLeaving} of them at the instance that left (pid ${leaving.child.pid}); all answered`);
  }, 60_000);

  it('answers a burst that comes in while it drains, on whichever instance', async () => {
    const [leaving, staying] = await Promise.all([startEcho(nats), startEcho(nats)]);
    let next = 0;
    let closing: Promise<void> | undefined;
    const lane = async (): Promise<void> => {
      while (next < 4_000) {
        next += 1;
        if (next === 1_000) closing = leaving.close();
        await client.request({ ...echo, ...once }, { text: 'x' }, { timeoutMs: 20_000 });
      }
    };
    await Promise.all(Array.from({ length: 64 }, lane));
    await closing;
    await staying.close();
  }, 60_000);

  it('answers UNAVAILABLE to what is not done when the longest drain is over', async () => {
    const service = await startEcho(nats, { config: { drainTimeoutMs: 1 } });
    const held = client.request({ ...holdMany, ...once }, { text: 'held' });
    await client.request(echo, { text: 'after it' });
    const refused = expect(held).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    await service.close();
    await refused;
  });

  it('tells handlers that only wait for news to answer now', async () => {
    const service = await startEcho(nats);
    const held = client.request({ ...holdMany, ...once }, { text: 'until the service stops' });
    await client.request(echo, { text: 'after it' });
    await service.close();
    expect(await held).toEqual({ text: 'until the service stops' });
  });

  it('exits with 0 while NATS is not there yet', async () => {
    const address = new URL(nats.url);
    const absent = { ...nats, url: `nats://127.0.0.1:${Number(address.port) === 1 ? 2 : 1}` };
    const starting = await spawnEcho(absent, /NATS cannot be reached/);
    starting.child.kill('SIGTERM');
    expect(await starting.exited).toEqual({ code: 0, signal: null });
    expect(starting.log.text).not.toContain('could not start');
  }, 30_000);

  it('is not ready while it drains', async () => {
    const service = await startEcho(nats);
    const held = client.request(holdMany, { text: 'held' });
    await client.request(echo, { text: 'after it' });
    const status = async (): Promise<[number, unknown]> => {
      const response = await fetch(`${service.health.url}/ready`);
      return [response.status, await response.json()];
    };
    expect(await status()).toEqual([200, { status: 'ok' }]);
    const closed = service.close();
    expect(await status()).toEqual([503, { status: 'unavailable', reason: 'draining' }]);
    events.publish(released, { reason: 'let go' });
    await Promise.all([held, closed]);
    await expect(connectClient({ url: nats.url, user: 'nobody', password: 'wrong' })).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });
});

function inFlightAtDrain({ log }: EchoProcess): number {
  return Number(/"inFlight":(\d+),"msg":"draining"/.exec(log.text)?.[1]);
}
