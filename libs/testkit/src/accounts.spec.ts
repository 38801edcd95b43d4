/** What libs/local's nats.conf promises, seen from bare sockets. It stands here because a spec of libs/local cannot import the testkit. */
import { RawSocketClient, startNats, type NatsTestServer, type RawMessage } from './index';

const INTERNAL_SUBJECTS = ['event.training.v1.model-trained', 'wake.training', '$JS.API.INFO', '$KV.registry.x', '$SYS.REQ.SERVER.PING', '_INBOX.x', 'other'];

describe('the two accounts', () => {
  let nats: NatsTestServer;
  let service: RawSocketClient;
  let alice: RawSocketClient;
  let bob: RawSocketClient;
  const open: RawSocketClient[] = [];
  const connect = async (options: { url: string; inboxPrefix?: string } | undefined) => {
    const client = await RawSocketClient.connect(options ?? { url: '' });
    open.push(client);
    return client;
  };

  beforeAll(async () => {
    nats = await startNats({ clients: ['alice', 'bob'] });
    service = await connect({ url: nats.serviceUrl });
  });
  beforeEach(async () => {
    alice = await connect(nats.clients.alice);
    bob = await connect(nats.clients.bob);
  });
  afterAll(async () => {
    await Promise.all(open.map((client) => client.close()));
    await nats.stop();
  });

  const answering = async (subject: string, answer: (message: RawMessage) => string) => {
    const unsubscribe = service.subscribe(subject, (message) => message.reply !== undefined && service.publish(message.reply, answer(message)));
    await service.flush();
    return unsubscribe;
  };

  it('tells a service who asks, and overwrites a name that the client made up', async () => {
    const unsubscribe = await answering('prediction.>', ({ headers }) => headers['Nats-Request-Info'] ?? 'nobody');
    const forged = { 'Nats-Request-Info': JSON.stringify({ acc: 'SALUS', user: 'service' }) };
    const [honest, hostile, other] = await Promise.all([
      alice.request('prediction.v1.predict.x', '{}'),
      alice.request('prediction.v1.predict.x', '{}', { headers: forged }),
      bob.request('prediction.v1.predict.x', '{}', { headers: { ...forged, 'nats-request-info': '{"user":"alice"}' } }),
    ]);
    expect([honest, hostile, other].map(({ body }) => JSON.parse(body.toString()))).toMatchObject([
      { acc: 'CLIENTS', user: 'alice' },
      { acc: 'CLIENTS', user: 'alice' },
      { acc: 'CLIENTS', user: 'bob' },
    ]);
    unsubscribe();
  });

  it('lets a client see the answers of all instances to $SRV.PING', async () => {
    const instances = await Promise.all(['a', 'b', 'c'].map(() => connect({ url: nats.serviceUrl })));
    instances.forEach((instance, i) => instance.subscribe('$SRV.PING', ({ reply }) => instance.publish(reply ?? '', `instance ${i}`)));
    await Promise.all(instances.map((instance) => instance.flush()));
    const inbox = `${nats.clients.alice?.inboxPrefix}.ping`;
    const answers = new Set<string>();
    const all = new Promise<void>((resolve) => {
      alice.subscribe(inbox, ({ body }) => answers.add(body.toString()).size === 3 && resolve());
    });
    alice.publish('$SRV.PING', '', { reply: inbox });
    await all;
    expect([...answers].sort()).toEqual(['instance 0', 'instance 1', 'instance 2']);
  });

  it('keeps internal subjects out of reach of clients, both to send and to hear', async () => {
    const heard: string[] = [];
    const unsubscribe = service.subscribe('>', ({ subject, body }) => heard.push(`${body} on ${subject}`));
    await service.flush();
    const seen: string[] = [];
    for (const subject of [...INTERNAL_SUBJECTS, 'event.>', 'wake.*', '$JS.>', '$KV.>', '>', 'prediction.>', '*.v1.predict']) {
      alice.subscribe(subject, (message) => seen.push(message.subject));
      if (!/[>*]/.test(subject)) alice.publish(subject, 'forged');
    }
    await alice.flush();
    INTERNAL_SUBJECTS.forEach((subject) => service.publish(subject, 'secret'));
    service.publish('prediction.v1.predict', 'secret');
    await service.flush();
    await alice.flush();
    // The server delivers to one connection in order: what alice would have been sent for these has been sent by now.
    expect(heard.filter((line) => line.startsWith('secret'))).toHaveLength(INTERNAL_SUBJECTS.length + 1);
    expect(heard.filter((line) => line.startsWith('forged'))).toEqual([]);
    expect(seen).toEqual([]);
    expect(alice.serverErrors.filter((text) => text.includes('Publish'))).toHaveLength(INTERNAL_SUBJECTS.length);
    expect(alice.serverErrors.filter((text) => text.includes('Subscription'))).toHaveLength(INTERNAL_SUBJECTS.length + 7);
    unsubscribe();
  });

  it('keeps the inbox of one client out of reach of another', async () => {
    const mine = nats.clients.alice?.inboxPrefix;
    const stolen: string[] = [];
    for (const subject of [`${mine}.>`, `${mine}.*`, '_INBOX.>', '_INBOX_*.>', '>']) bob.subscribe(subject, ({ body }) => stolen.push(body.toString()));
    bob.publish(`${mine}.x`, 'a forged answer');
    await bob.flush();
    const unsubscribe = await answering('diagnosis.>', () => 'for alice only');
    const arrived: string[] = [];
    const answered = new Promise<void>((resolve) => {
      alice.subscribe(`${mine}.x`, ({ body }) => {
        arrived.push(body.toString());
        resolve();
      });
    });
    alice.publish('diagnosis.v1.diagnose.x', '{}', { reply: `${mine}.x` });
    await answered;
    await bob.flush();
    expect([arrived, stolen]).toEqual([['for alice only'], []]);
    expect(bob.serverErrors).toHaveLength(6);
    expect(bob.serverErrors.every((text) => text.includes('Permissions Violation'))).toBe(true);
    unsubscribe();
  });

  it('refuses JetStream in the account of the clients and gives it to the services', async () => {
    const info = await service.request('$JS.API.INFO');
    expect(JSON.parse(info.body.toString())).toMatchObject({ type: 'io.nats.jetstream.api.v1.account_info_response', limits: expect.anything() });
    await expect(alice.request('$JS.API.INFO', '', { timeoutMs: 100 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(alice.serverErrors.join()).toContain('Permissions Violation for Publish to "$JS.API.INFO"');
  });

  it('refuses a wrong password and no password', async () => {
    await expect(RawSocketClient.connect({ url: nats.url })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(RawSocketClient.connect({ url: nats.url.replace('//', '//alice:wrong@') })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
