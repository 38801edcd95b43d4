import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { RawSocketClient, startNats, type NatsTestServer } from './index';
import { headerBlock, NatsFrameReader } from './nats-frames';

describe('NatsFrameReader', () => {
  const message = { subject: 'a.b', reply: '_INBOX.1', body: Buffer.from('{"x":1}\r\nMSG') };
  const block = headerBlock({ 'Content-Type': 'application/json', Empty: '' });
  const stream = Buffer.concat([
    Buffer.from('INFO {"port":1}\r\nPING\r\n'),
    Buffer.from(`MSG a.b 7 _INBOX.1 ${message.body.length}\r\n`),
    message.body,
    Buffer.from(`\r\nHMSG a.b 8 ${block.length} ${block.length}\r\n`),
    block,
    Buffer.from('\r\nHMSG r 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n-ERR \'no\'\r\n'),
  ]);

  it('gives the same frames however the bytes are cut', () => {
    const whole = new NatsFrameReader().push(stream);
    expect(whole).toMatchObject([
      { verb: 'INFO', text: '{"port":1}' },
      { verb: 'PING' },
      { ...message, sid: 7, status: undefined, headers: {} },
      { subject: 'a.b', sid: 8, reply: undefined, headers: { 'Content-Type': 'application/json', Empty: '' }, body: Buffer.alloc(0) },
      { subject: 'r', status: 503 },
      { verb: '-ERR', text: "'no'" },
    ]);
    const cuts = fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 30 });
    fc.assert(
      fc.property(cuts, (points) => {
        const reader = new NatsFrameReader();
        const edges = [0, ...points.sort((a, b) => a - b), stream.length];
        const frames = edges.slice(1).flatMap((end, i) => reader.push(stream.subarray(edges[i], end)));
        expect(frames).toEqual(whole);
      }),
    );
  });
});

describe('RawSocketClient', () => {
  let nats: NatsTestServer;
  beforeAll(async () => {
    nats = await startNats();
  });
  afterAll(() => nats.stop());

  it('carries headers and bodies up to the server limit of 8 MiB both ways', async () => {
    const service = await RawSocketClient.connect({ url: nats.serviceUrl });
    service.subscribe('prediction.>', ({ reply, headers, body }) => service.publish(reply ?? '', body, { headers: { Seen: headers.Colour ?? '' } }), 'prediction');
    await service.flush();
    const client = await RawSocketClient.connect(nats.clients.client ?? { url: '' });
    const large = randomBytes(8 * 1024 * 1024 - 200);
    const reply = await client.request('prediction.v1.echo', large, { headers: { Colour: 'red' } });
    expect(reply.headers).toMatchObject({ Seen: 'red' });
    expect(reply.body.equals(large)).toBe(true);
    const many = await Promise.all(Array.from({ length: 200 }, (_, i) => client.request('prediction.v1.echo', `${i}`)));
    expect(many.map(({ body }) => body.toString())).toEqual(many.map((_, i) => `${i}`));
    await Promise.all([client.close(), service.close()]);
  });

  it('says that nobody answers', async () => {
    const service = await RawSocketClient.connect({ url: nats.serviceUrl });
    await expect(service.request('training.v1.nobody')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    service.subscribe('training.>', () => undefined);
    await expect(service.request('training.v1.silent', '', { timeoutMs: 30 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await service.close();
    await expect(service.request('training.v1.closed')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('passes on why the server refused the login or ended the connection', async () => {
    const anonymous = RawSocketClient.connect({ url: nats.url });
    await expect(anonymous).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('Authorization Violation') });
    const service = await RawSocketClient.connect({ url: nats.serviceUrl });
    const tooLarge = service.request('x', Buffer.alloc(8 * 1024 * 1024 + 1));
    await expect(tooLarge).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await service.closed;
  });
});
