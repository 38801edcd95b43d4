import { isFaultCode } from '@salus/fault';
import { RawSocketClient, startNats, type NatsTestServer } from '@salus/testkit';
import { echo } from './echo.conformance';
import { HOSTILE_KINDS, hostileBodies } from './hostile-bodies';
import type { RunningService } from './service';
import { startEcho } from './suite.conformance';
import { STATUS_OF } from './wire-error';

const SEED = 20_261_123;
const COUNT = Number(process.env.SALUS_HOSTILE_BODIES ?? 1_000);
const MAX_PAYLOAD = 8 << 20;
const LANES = 32;

describe('a client on a bare socket', () => {
  let nats: NatsTestServer;
  let service: RunningService;
  let client: RawSocketClient;

  beforeAll(async () => {
    nats = await startNats();
    service = await startEcho(nats);
    client = await RawSocketClient.connect(nats.clients.client);
  });
  afterAll(async () => {
    await client?.close();
    await service?.close();
    await nats?.stop();
  });

  it(`gets a typed error for each of ${COUNT} hostile bodies, and is served afterwards`, async () => {
    const bodies = hostileBodies({ seed: SEED, count: COUNT, good: { text: 'hello', numbers: [1] }, subject: echo.subject, maxPayload: MAX_PAYLOAD, longest: 20 });
    const counts = new Map<string, number>();
    const wrong: string[] = [];
    const lane = async (): Promise<void> => {
      for (const { kind, body, headers, codes } of bodies) {
        const reply = await client.request(echo.subject, body, { headers, timeoutMs: 60_000 });
        const parsed = JSON.parse(reply.body.toString('utf8')) as { error?: { code?: string; correlationId?: string }; err?: { code?: string; correlationId?: string } };
        const error = parsed.error ?? parsed.err;
        counts.set(`${kind}: ${error?.code}`, (counts.get(`${kind}: ${error?.code}`) ?? 0) + 1);
        const isTyped = isFaultCode(error?.code) && codes.includes(error.code) && reply.headers['Nats-Service-Error-Code'] === String(STATUS_OF[error.code]);
        if (!isTyped || !reply.headers['Nats-Service-Error'] || !error.correlationId) wrong.push(`${kind}: ${JSON.stringify(error)} for ${body.subarray(0, 100).toString()}`);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    console.info([...counts].sort().map(([name, count]) => `${String(count).padStart(6)}  ${name}`).join('\n'));
    expect(wrong).toEqual([]);
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(COUNT);
    expect(new Set([...counts.keys()].map((name) => name.split(': ')[0])).size).toBe(HOSTILE_KINDS.length);
    expect(JSON.parse((await client.request(echo.subject, '{"text":"still here"}')).body.toString())).toEqual({ text: 'still here' });
  }, 300_000);

  it('makes the same bodies from the same seed', () => {
    const make = (): string => JSON.stringify([...hostileBodies({ seed: 7, count: 200, good: { text: 'a' }, subject: 's', maxPayload: 1_000, longest: 3 })]);
    expect(make()).toBe(make());
  });
});
