import { createLog } from '@salus/observability';
import { startNats, type NatsTestServer } from '@salus/testkit';
import { jetstreamManager } from '@nats-io/jetstream';
import { MemoryEvents, NatsEvents } from './events';
import { MemoryKeyValue } from './key-value.memory';
import { NatsKeyValue } from './key-value.nats';
import { NatsLink } from './nats-link';
import { eventCases, keyValueCases, wakeBellCases } from './port-cases';
import { LogLines } from './suite.conformance';
import { MemoryWakeBell, NatsWakeBell } from './wake-bell';

const log = createLog({ service: 'ports', destination: new LogLines() });
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
/** So long that only the ring of a writer can explain what is heard. */
const NO_POLL_MS = 600_000;

let nats: NatsTestServer;
let link: NatsLink;

beforeAll(async () => {
  nats = await startNats();
  link = new NatsLink({ url: nats.serviceUrl, name: 'ports' }, log);
  await link.connected();
});
afterAll(async () => {
  await link?.close();
  await nats?.stop();
});

describe.each([
  ['memory', () => ({ events: new MemoryEvents(), wakeBell: new MemoryWakeBell(), keyValue: new MemoryKeyValue() })],
  ['NATS', () => ({ events: new NatsEvents(link, log), wakeBell: new NatsWakeBell(link), keyValue: new NatsKeyValue(link, log, NO_POLL_MS) })],
] as const)('the %s twin', (_name, make) => {
  it.each(eventCases.map((entry) => [entry.name, entry] as const))('of events %s', (_case, entry) => entry.run(make().events));
  it.each(wakeBellCases.map((entry) => [entry.name, entry] as const))('of wake-ups %s', (_case, entry) => entry.run(make().wakeBell));
  it.each(keyValueCases.map((entry) => [entry.name, entry] as const))('of buckets %s', (_case, entry) => entry.run(make().keyValue));
});

describe('a bucket on NATS', () => {
  it('is made again by the next put after a wipe, and its old watcher hears that put', async () => {
    const store = new NatsKeyValue(link, log, NO_POLL_MS).open('wiped');
    const heard: string[] = [];
    const abort = new AbortController();
    await store.put('a', bytesOf('before'));
    await store.put('gone', bytesOf('before'));
    const twice = new Promise<void>((resolve) => {
      void store.watch(({ key, value }) => {
        heard.push(`${key}=${value ? Buffer.from(value).toString() : 'deleted'}`);
        if (heard.length === 3) resolve();
      }, abort.signal);
    });
    while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    await (await jetstreamManager(await link.connected())).streams.delete('KV_wiped');
    expect(await store.get('a')).toBeUndefined();
    expect(await store.keys()).toEqual([]);
    await store.put('a', bytesOf('after'));
    await twice;
    abort.abort();
    expect(heard).toEqual(['a=before', 'gone=before', 'a=after']);
  });

  it('tells what another program wrote by its poll', async () => {
    const store = new NatsKeyValue(link, log, 20).open('polled');
    await store.put('a', bytesOf('1'));
    const abort = new AbortController();
    const heard = new Promise<string>((resolve) => {
      void store.watch(({ key, value }) => key === 'b' && resolve(Buffer.from(value ?? []).toString()), abort.signal);
    });
    (await link.connected()).publish('$KV.polled.b', 'from elsewhere');
    expect(await heard).toBe('from elsewhere');
    abort.abort();
  });

  it('is UNAVAILABLE where the account has no JetStream', async () => {
    const { user, password, inboxPrefix } = nats.clients.client;
    const outside = new NatsLink({ url: nats.url, user, password, inboxPrefix, name: 'outside' }, log);
    await outside.connected();
    const store = new NatsKeyValue(outside, log).open('any');
    await expect(store.get('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store.put('a', bytesOf('x'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store.keys()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await outside.close();
  });

  it('is UNAVAILABLE before there is a connection', async () => {
    const nowhere = new NatsKeyValue(new NatsLink({ url: 'nats://127.0.0.1:1', name: 'nowhere' }, log), log).open('any');
    await expect(nowhere.get('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
