import { startNats, type NatsTestServer } from '@salus/testkit';
import { connectClient, type Client } from './client';
import { ECHO_SERVICE, EchoModule, echo, misbehave, upload, whoAmI } from './echo.conformance';
import { runService, type RunningService } from './service';

const discard = { write: () => undefined };

describe('a request over two accounts', () => {
  let nats: NatsTestServer;
  let service: RunningService;
  let client: Client;

  beforeAll(async () => {
    nats = await startNats({ clients: ['alice', 'bob'] });
    service = await runService({
      module: EchoModule, name: ECHO_SERVICE, version: '1.0.0', description: 'echo', handlesSignals: false, logDestination: discard,
      config: { natsUrl: nats.url, natsUser: nats.service.user, natsPassword: nats.service.password, healthPort: 0 },
    });
    const alice = nats.clients.alice;
    client = await connectClient({ url: nats.url, user: alice.user, password: alice.password, inboxPrefix: alice.inboxPrefix, checksReplies: true });
  });
  afterAll(async () => {
    await client?.close();
    await service?.close();
    await nats?.stop();
  });

  it('is answered', async () => {
    expect(await client.request(echo, { text: 'ä' })).toEqual({ text: 'ä' });
  });

  it('tells the caller, the model, the deadline, the key and the trace', async () => {
    const reply = await client.request(whoAmI, {}, { model: 'm-1', idempotencyKey: 'k', timeoutMs: 3_000 });
    expect(reply).toMatchObject({ caller: { kind: 'client', user: 'alice', account: 'CLIENTS' }, model: 'm-1', idempotencyKey: 'k' });
    expect(reply.deadline).toBeGreaterThan(0);
    expect(reply.deadline).toBeLessThanOrEqual(3_000);
    expect(reply.traceparent.split('-')[1]).toBe(reply.currentTraceId);
  });

  it('takes raw bytes with its other fields in a header', async () => {
    expect(await client.request(upload, { name: 'ü', data: '' }, { bytes: new Uint8Array([9, 8]) }).catch((e) => e.message)).toMatch(/body and in the header/);
    expect(await client.request(upload, { name: 'ü' } as never, { bytes: new Uint8Array([9, 8]) })).toEqual({ name: 'ü', length: 2, first: 9 });
    expect(await client.request(upload, { name: 'b', data: 'CQgH' })).toEqual({ name: 'b', length: 3, first: 9 });
  });

  it.each([
    ['nan', 'INTERNAL'], ['undefined', 'INTERNAL'], ['bigint', 'INTERNAL'], ['cycle', 'INTERNAL'], ['secret', 'INTERNAL'],
    ['big', 'REPLY_TOO_LARGE'], ['fault', 'NOT_FOUND'], ['other', 'UNKNOWN_MODEL'],
  ])('answers a handler that does %s with %s', async (model, code) => {
    await expect(client.request(misbehave, { text: 'canary' }, { model })).rejects.toMatchObject({ code });
  });

  it('answers with the last value of an Observable', async () => {
    expect(await client.request(misbehave, {}, { model: 'observable' })).toBe(3);
  });
});
