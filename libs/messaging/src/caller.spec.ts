import { createConnection } from 'node:net';
import { once } from 'node:events';
import { RawSocketClient, startNats, type NatsTestServer } from '@salus/testkit';
import { headers as natsHeaders } from '@nats-io/transport-node';
import { CallerReader, REQUEST_INFO_HEADER } from './caller';
import { ECHO_SERVICE, EchoModule, echo, hold, misbehave, upload, whoAmI } from './echo.conformance';
import { runService, type RunningService } from './service';
import { LogLines, connectAs, startEcho } from './suite.conformance';
import type { Client } from './client';

const CANARY = 'canary-7f3a91';
const FORGED = '{"acc":"SALUS","user":"service"}';

describe('a client in its own account', () => {
  let nats: NatsTestServer;
  let service: RunningService;
  let alice: Client;
  let raw: RawSocketClient;
  const log = new LogLines();

  beforeAll(async () => {
    nats = await startNats({ clients: ['alice', 'bob'] });
    service = await startEcho(nats, { logDestination: log, config: { logLevel: 'debug' } });
    alice = await connectAs(nats, 'alice');
    raw = await RawSocketClient.connect(nats.clients.alice);
  });
  afterAll(async () => {
    await alice?.close();
    await raw?.close();
    await service?.close();
    await nats?.stop();
  });

  const subject = whoAmI.subject.replace('{model}', 'm');
  const json = (bytes: Uint8Array): { caller?: unknown; error?: { code: string; correlationId: string } } => JSON.parse(Buffer.from(bytes).toString('utf8'));

  it('cannot pose as another by a header: the server overwrites it', async () => {
    const reply = await raw.request(subject, '{}', { headers: { [REQUEST_INFO_HEADER]: FORGED } });
    expect(json(reply.body).caller).toEqual({ kind: 'client', user: 'alice', account: 'CLIENTS' });
  });

  it.each([
    ['two forged headers, of which the server replaces one', `NATS/1.0\r\n${REQUEST_INFO_HEADER}: ${FORGED}\r\n${REQUEST_INFO_HEADER}: ${FORGED}\r\n\r\n`],
    ['a block without its end, into which the header of the server vanishes', 'NATS/1.0\r\nX: ab'],
    ['a block without its end behind a forged header', `NATS/1.0\r\n${REQUEST_INFO_HEADER}: ${FORGED}\r\nX: ab`],
    ['a first line without its end', 'NATS/1.0ab'],
    ['a first line cut short', 'NATS/1.0'],
    ['two letters for a block', 'NA'],
    ['a name that cannot be one', 'NATS/1.0\r\nFoo Bar: x\r\n\r\n'],
    ['a forged header in lower case', `NATS/1.0\r\nnats-request-info: ${FORGED}\r\n\r\n`],
  ])('gets no further with %s', async (_title, block) => {
    const answer = json(await sendBlock(nats, subject, block));
    if (answer.error) expect(['FORBIDDEN', 'INVALID_REQUEST', 'MALFORMED_REQUEST']).toContain(answer.error.code);
    else expect(answer.caller).toEqual({ kind: 'client', user: 'alice', account: 'CLIENTS' });
    expect(JSON.stringify(answer)).not.toContain('internal');
  });

  it('cannot listen to another inbox, to events, wake-ups or the requests of others', async () => {
    const heard: string[] = [];
    for (const target of [`${nats.clients.bob.inboxPrefix}.>`, '_INBOX.>', 'event.>', 'wake.>', '$KV.>', '$JS.>', `${ECHO_SERVICE}.>`, '>', '_R_.>']) raw.subscribe(target, ({ subject: on }) => void heard.push(on));
    await raw.flush();
    const bob = await connectAs(nats, 'bob');
    expect(await bob.request(echo, { text: 'for bob only' })).toEqual({ text: 'for bob only' });
    await bob.close();
    await raw.flush();
    expect(raw.serverErrors.filter((text) => /Permissions Violation for Subscription/.test(text))).toHaveLength(9);
    expect(heard).toEqual([]);
  });

  it.each(['event.diagnosis.v1.released', 'wake.diagnosis', '$JS.API.INFO', '$KV.registry.a', 'unknown-service.v1.x', '_INBOX_bob.x'])('is told FORBIDDEN when it sends to %s', async (target) => {
    await expect(alice.raw(target, '{}')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('leaves nothing of what it sent in the log, whatever went wrong with it', async () => {
    await alice.request(echo, { text: CANARY });
    await alice.raw(echo.subject, `{"text":"${CANARY}`);
    await alice.raw(echo.subject, `{"text":1,"${CANARY}":2}`);
    await alice.raw(`${ECHO_SERVICE}.v1.${CANARY}`, '{}');
    await alice.raw(misbehave.subject.replace('{model}', CANARY), '{}');
    await alice.raw(misbehave.subject.replace('{model}', 'secret'), JSON.stringify({ text: CANARY }));
    await alice.raw(echo.subject, '{"text":"a"}', { 'Nats-Foo': CANARY });
    await alice.raw(echo.subject, '{"text":"a"}', { 'Salus-Deadline-Ms': CANARY });
    await alice.raw(echo.subject, '{"text":"a"}', { 'Salus-Idempotency-Key': CANARY, traceparent: CANARY });
    await alice.raw(upload.subject, CANARY, { 'Content-Type': 'application/octet-stream', 'Salus-Args': `{"name":"${CANARY}"}` });
    await alice.raw(upload.subject, CANARY, { 'Content-Type': CANARY });
    await expect(alice.request(hold, { text: CANARY }, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(log.text).toContain('a request failed');
    expect(log.text).toContain('a request was refused');
    expect(log.text).not.toContain(CANARY);
  });

  it('is not told the text of an unexpected error, but its correlation id, which the log has once', async () => {
    const reply = json((await alice.raw(misbehave.subject.replace('{model}', 'secret'), JSON.stringify({ text: CANARY }))).data);
    expect(JSON.stringify(reply)).not.toContain('duplicate');
    expect(log.lines.filter((line) => line.includes(String(reply.error?.correlationId)))).toHaveLength(1);
  });
});

describe('a server without accounts', () => {
  it('is refused by a service, unless it is told to take anonymous callers, who then count as internal', async () => {
    const nats = await startNats({ accounts: false });
    const start = (allowAnonymous: boolean): Promise<RunningService> =>
      runService({
        module: EchoModule, name: ECHO_SERVICE, version: '1.0.0', description: 'echo', handlesSignals: false, logDestination: new LogLines(), config: { natsUrl: nats.url, healthPort: 0, allowAnonymous },
      });
    await expect(start(false)).rejects.toMatchObject({ code: 'CONFIGURATION' });
    const service = await start(true);
    const raw = await RawSocketClient.connect({ url: nats.url });
    const reply = await raw.request(whoAmI.subject.replace('{model}', 'm'), '{}', { headers: { [REQUEST_INFO_HEADER]: FORGED } });
    expect(JSON.parse(reply.body.toString())).toMatchObject({ caller: { kind: 'internal' } });
    await raw.close();
    await service.close();
    await nats.stop();
  });
});

describe('the reader of callers', () => {
  it('takes a request that crossed no account for internal, and refuses one that crossed without the header of the server', () => {
    const reader = new CallerReader(true);
    expect(reader.callerOf(undefined, '_INBOX.a')).toEqual({ kind: 'internal' });
    expect(() => reader.callerOf(undefined, '_R_.a.b')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  });

  it.each(['', '{', 'null', '{"user":"a"}', '[]', '"x"'])('refuses the request info %j', (text) => {
    const headers = natsHeaders();
    headers.append(REQUEST_INFO_HEADER, text);
    expect(() => new CallerReader(true).callerOf(headers, '_R_.a.b')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  });
});

/** Sends a request with a header block exactly as given, and gives back the body of the answer. */
async function sendBlock(nats: NatsTestServer, subject: string, block: string): Promise<Buffer> {
  const { url, user, password, inboxPrefix } = nats.clients.alice;
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  socket.write(`CONNECT ${JSON.stringify({ user, pass: password, headers: true, verbose: false, protocol: 1 })}\r\nSUB ${inboxPrefix}.block 1\r\n`);
  socket.write(`HPUB ${subject} ${inboxPrefix}.block ${block.length} ${block.length + 2}\r\n${block}{}\r\n`);
  let received = '';
  for await (const chunk of socket) {
    received += String(chunk);
    const body = /\r\n(\{"(?:error|caller)".*\})\r\n$/s.exec(received);
    if (body) return Buffer.from(body[1]);
    if (/-ERR/.test(received)) throw new Error(received);
  }
  throw new Error(`the connection ended: ${received}`);
}
