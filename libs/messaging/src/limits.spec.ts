import { Fault } from '@salus/fault';
import { RawSocketClient, startNats, type NatsTestServer } from '@salus/testkit';
import { createLog, runWithTrace, Trace } from '@salus/observability';
import { Controller, Module } from '@nestjs/common';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { Client } from './client';
import { problemsOf, runExamples } from './conformance';
import { ECHO_SERVICE, EchoModule, echo, hold, misbehave, released, upload, whoAmI } from './echo.conformance';
import { NatsEvents } from './events';
import { NatsLink } from './nats-link';
import { Operation } from './operation.decorator';
import type { RunningService } from './service';
import { LogLines, connectAs, startEcho } from './suite.conformance';

const log = createLog({ service: 'limits', destination: new LogLines() });
const CONTRACTS = [echo, whoAmI, hold, misbehave, upload].map((contract) => ({ file: contract.subject, contract }));

let nats: NatsTestServer;
let service: RunningService;
let client: Client;
let link: NatsLink;

beforeAll(async () => {
  nats = await startNats();
  service = await startEcho(nats);
  client = await connectAs(nats, 'client');
  link = new NatsLink({ url: nats.serviceUrl, name: 'limits' }, log);
  await link.connected();
});
afterAll(async () => {
  await link?.close();
  await client?.close();
  await service?.close();
  await nats?.stop();
});

const release = (): void => new NatsEvents(link, log).publish(released, { reason: 'test' });

describe('an operation that takes 2 requests and lets 3 wait', () => {
  it('refuses the sixth with OVERLOADED and a hint, and answers the others when it can', async () => {
    const answers = Array.from({ length: 6 }, (_, at) => client.request(hold, { text: String(at) }).then(({ text }) => text, (error: Fault) => error));
    const refused = (await answers[5]) as Fault;
    expect(refused).toMatchObject({ code: 'OVERLOADED', retryable: true });
    expect(refused.details.retryAfterMs).toBeGreaterThan(0);
    const metrics = await (await fetch(`${service.health.url}/metrics`)).text();
    expect(metrics).toContain(`salus_requests_in_flight{subject="${hold.subject}"} 2`);
    expect(metrics).toContain(`salus_requests_waiting{subject="${hold.subject}"} 3`);
    expect(metrics).toContain(`salus_requests_overloaded_total{subject="${hold.subject}"} 1`);
    const rest = Promise.all(answers.slice(0, 5));
    let isDone = false;
    void rest.then(() => { isDone = true; });
    while (!isDone) {
      release();
      await client.request(echo, { text: 'one round trip' });
    }
    expect(await rest).toEqual(['0', '1', '2', '3', '4']);
  });

  it('refuses what waited longer than its deadline before the handler begins', async () => {
    const held = [0, 1].map((at) => client.request(hold, { text: String(at) }));
    const raw = await RawSocketClient.connect(nats.clients.client);
    const late = raw.request(hold.subject, '{"text":"late"}', { headers: { 'Salus-Deadline-Ms': '1' } });
    await client.request(echo, { text: 'one round trip' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    release();
    expect((await late).headers['Nats-Service-Error-Code']).toBe('504');
    expect(JSON.parse((await late).body.toString()).error).toMatchObject({ code: 'DEADLINE_EXCEEDED', message: expect.stringContaining('before the work began') });
    await Promise.all(held);
    await raw.close();
  });

  it('aborts the signal of a handler whose deadline passes', async () => {
    const raw = await RawSocketClient.connect(nats.clients.client);
    const reply = await raw.request(hold.subject, '{"text":"x"}', { headers: { 'Salus-Deadline-Ms': '20' } });
    expect(JSON.parse(reply.body.toString()).error).toMatchObject({ code: 'DEADLINE_EXCEEDED', retryable: true });
    expect(reply.headers['Nats-Service-Error-Code']).toBe('504');
    await raw.close();
  });
});

describe('the client', () => {
  it('cancels by signal, before and while it waits', async () => {
    const abort = new AbortController();
    const request = client.request(hold, { text: 'x' }, { signal: abort.signal });
    abort.abort();
    await expect(request).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(client.request(hold, { text: 'x' }, { signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    release();
  });

  it('gives what the server says when nobody in the other account answers, and DEADLINE_EXCEEDED for a budget that is used up', async () => {
    // nats-server 2.9 stays silent across accounts; later ones say that there is no responder.
    const isSilent = nats.version.startsWith('2.9.');
    const code = isSilent ? 'DEADLINE_EXCEEDED' : 'UNAVAILABLE';
    await expect(client.request({ ...echo, subject: 'recommendation.v1.nobody' }, { text: 'x' }, { timeoutMs: 50 })).rejects.toMatchObject({ code });
    await expect(client.request(echo, { text: 'x' }, { deadlineMs: 0 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  it('refuses a body over max_payload before it would cost the connection', async () => {
    await expect(client.request(echo, { text: 'x'.repeat(9 << 20) })).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(await client.request(echo, { text: 'still connected' })).toEqual({ text: 'still connected' });
  });

  it('repeats an idempotent request that was refused for a while, and no other', async () => {
    const flaky = { ...echo, subject: 'recommendation.v1.flaky' };
    let asked = 0;
    const body = (code: string): string => JSON.stringify({ error: { code, message: 'x', details: {}, retryable: true, correlationId: 'c' } });
    const connection = await link.connected();
    const { headers } = await import('@nats-io/transport-node');
    const errorHeaders = headers();
    errorHeaders.set('Nats-Service-Error-Code', '429');
    const subscription = connection.subscribe(flaky.subject, {
      callback: (_error, message) => {
        asked += 1;
        if (asked % 3 === 0) message.respond('{"text":"third time"}');
        else message.respond(body(asked % 3 === 1 ? 'OVERLOADED' : 'UNAVAILABLE'), { headers: errorHeaders });
      },
    });
    await connection.flush();
    expect(await client.request(flaky, { text: 'x' })).toEqual({ text: 'third time' });
    expect(asked).toBe(3);
    await expect(client.request({ ...flaky, idempotent: false }, { text: 'x' })).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(asked).toBe(4);
    subscription.unsubscribe();
  });

  it('hands its trace on to the service', async () => {
    const trace = Trace.start();
    const reply = await runWithTrace(trace, () => client.request(whoAmI, {}, { model: 'm' }));
    expect(reply.currentTraceId).toBe(trace.traceId);
  });

  it('needs a model id for an operation that ends in one', async () => {
    for (const model of [undefined, '', 'a.b', '*', 'a b']) await expect(client.request(whoAmI, {}, { model })).rejects.toMatchObject({ code: 'INVALID_PARAMETERS' });
  });

  it('refuses a reply that does not fit, when it checks replies', async () => {
    await expect(client.request({ ...misbehave, reply: echo.reply }, {}, { model: 'observable' })).rejects.toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining('reply') });
  });
});

describe('the service', () => {
  it('names the operations nearest to one that it does not have', async () => {
    const reply = await client.raw(`${ECHO_SERVICE}.v1.ecko`, '{}');
    expect(JSON.parse(Buffer.from(reply.data).toString()).error).toMatchObject({ code: 'UNKNOWN_OPERATION', details: { nearest: expect.arrayContaining([echo.subject]) } });
    for (const subject of [`${ECHO_SERVICE}.x`, `${ECHO_SERVICE}.v1.echo.x`, `${ECHO_SERVICE}.v1.who-am-i`, `${ECHO_SERVICE}.v1.who-am-i.a.b`])
      expect(JSON.parse(Buffer.from((await client.raw(subject, '{}')).data).toString()).error.code).toBe('UNKNOWN_OPERATION');
  });

  it('names each field that is unknown or does not fit, and no value', async () => {
    const reply = await client.raw(echo.subject, '{"text":"secret-1","numbers":["secret-2"],"extra":"secret-3","other":4}');
    const body = Buffer.from(reply.data).toString();
    expect(JSON.parse(body).error.details.issues).toEqual([
      { path: 'numbers[0]', expected: 'number', received: 'string' },
      { path: 'extra', expected: 'no such field', received: 'string' },
      { path: 'other', expected: 'no such field', received: 'number' },
    ]);
    expect(body).not.toContain('secret');
  });

  it('refuses a body over the limit of the operation', async () => {
    const reply = await client.raw(upload.subject, new Uint8Array((1 << 20) + 1));
    expect(JSON.parse(Buffer.from(reply.data).toString()).error).toMatchObject({ code: 'TOO_LARGE', details: { bytes: (1 << 20) + 1, limit: 1 << 20 } });
  });

  it('answers the client of Nest in its own form', async () => {
    const proxy = ClientProxyFactory.create({ transport: Transport.NATS, options: { servers: [nats.url], user: nats.service.user, pass: nats.service.password } });
    expect(await lastValueFrom(proxy.send(echo.subject, { text: 'from Nest' }))).toEqual({ text: 'from Nest' });
    expect(await lastValueFrom(proxy.send(misbehave.subject.replace('{model}', 'observable'), {}))).toBe(3);
    await expect(lastValueFrom(proxy.send(echo.subject, { text: 1 }))).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(lastValueFrom(proxy.send(`${ECHO_SERVICE}.v1.nothing`, {}))).rejects.toMatchObject({ code: 'UNKNOWN_OPERATION' });
    await expect(lastValueFrom(proxy.send(upload.subject, { name: 'a', data: 'A'.repeat(2 << 20) }))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await proxy.close();
  });

  it('answers the discovery of NATS: PING, INFO with schemas, STATS with counts; for all, by name and by id', async () => {
    const second = await startEcho(nats, { name: ECHO_SERVICE });
    const raw = await RawSocketClient.connect(nats.clients.client);
    const ask = async (subject: string): Promise<{ type: string; id: string; name: string; endpoints: { name: string; subject: string; queue_group: string; num_requests: number; metadata: Record<string, string> }[] }> =>
      JSON.parse((await raw.request(subject)).body.toString());
    const { id } = await ask('$SRV.PING');
    const info = await ask(`$SRV.INFO.${ECHO_SERVICE}.${id}`);
    expect(info).toMatchObject({ type: 'io.nats.micro.v1.info_response', name: ECHO_SERVICE, id, version: '1.0.0', description: 'echo' });
    const endpoint = info.endpoints.find(({ subject }) => subject === echo.subject);
    expect(endpoint).toMatchObject({ queue_group: ECHO_SERVICE });
    expect(JSON.parse(String(endpoint?.metadata.request))).toMatchObject({ type: 'object', properties: { text: { type: 'string' } }, required: ['text'] });
    expect(info.endpoints.map(({ subject }) => subject)).toContain(whoAmI.subject.replace('{model}', '*'));
    const stats = await ask(`$SRV.STATS.${ECHO_SERVICE}`);
    expect(stats.type).toBe('io.nats.micro.v1.stats_response');
    const counted = (await Promise.all([ask(`$SRV.STATS.${ECHO_SERVICE}`)]))[0].endpoints.find(({ subject }) => subject === echo.subject);
    expect(counted?.num_requests).toBeGreaterThanOrEqual(0);
    const ids = new Set<string>();
    const inbox = `${nats.clients.client.inboxPrefix}.many`;
    raw.subscribe(inbox, ({ body }) => void ids.add((JSON.parse(body.toString()) as { id: string }).id));
    raw.publish('$SRV.PING', '', { reply: inbox });
    while (ids.size < 2) await raw.flush();
    expect(ids.size).toBe(2);
    await raw.close();
    await second.close();
  });

  it('counts answers by subject and code, without the names that clients chose', async () => {
    await client.raw(`${ECHO_SERVICE}.v1.chosen-name`, '{}');
    const metrics = await (await fetch(`${service.health.url}/metrics`)).text();
    expect(metrics).toContain(`salus_requests_total{subject="${echo.subject}",code="OK"}`);
    expect(metrics).toContain('salus_requests_total{subject="unknown",code="UNKNOWN_OPERATION"}');
    expect(metrics).not.toContain('chosen-name');
  });

  it('passes its examples, and the check of examples can fail', async () => {
    const fitting = CONTRACTS.filter(({ contract }) => contract !== hold && contract !== misbehave);
    const results = await runExamples({ service: ECHO_SERVICE, client, model: 'm', contracts: fitting });
    expect([results.map(({ outcome }) => outcome), problemsOf(results)]).toEqual([['answered', 'answered', 'answered'], '']);
    const broken = [
      { ...echo, subject: `${ECHO_SERVICE}.v1.nowhere` }, { ...echo, example: { request: { text: 1 }, reply: { text: 'a' } } }, { ...echo, example: undefined },
      { ...misbehave, subject: misbehave.subject.replace('{model}', 'fault') },
    ].map((contract) => ({ file: '', contract: contract as typeof echo }));
    const failed = await runExamples({ service: ECHO_SERVICE, client, contracts: broken });
    expect(failed.map(({ outcome }) => outcome)).toEqual(['broken', 'broken', 'broken', 'broken']);
    const refused = await runExamples({ service: ECHO_SERVICE, client, contracts: [{ file: '', contract: { ...misbehave, subject: misbehave.subject.replace('{model}', 'fault'), faults: ['NOT_FOUND'] } }] });
    expect(refused).toEqual([{ subject: `${ECHO_SERVICE}.v1.misbehave.fault`, outcome: 'refused', code: 'NOT_FOUND' }]);
  });
});

describe('a service whose handlers and contracts differ', () => {
  const starts = (module: typeof EchoModule, contracts: readonly { file: string; contract: typeof CONTRACTS[number]['contract'] }[]): Promise<unknown> => startEcho(nats, { module, contracts });

  it('does not start without a handler for a contract, nor with one that has no contract', async () => {
    await expect(starts(EchoModule, CONTRACTS)).rejects.toMatchObject({ code: 'CONFIGURATION', details: { missing: [], extra: [`${ECHO_SERVICE}.v1.hold-many`] } });
    const missing = { file: '', contract: { ...hold, subject: `${ECHO_SERVICE}.v1.hold-many` } };
    const nowhere = { file: '', contract: { ...hold, subject: `${ECHO_SERVICE}.v1.nowhere` } };
    await expect(starts(EchoModule, [...CONTRACTS, missing, nowhere])).rejects.toMatchObject({ details: { missing: [nowhere.contract.subject], extra: [] } });
  });

  it('does not start with two handlers for one operation, nor with an operation of another service', async () => {
    @Controller()
    class Second {
      @Operation(echo)
      echo(request: { text: string }): { text: string } {
        return request;
      }
    }
    @Module({ imports: [EchoModule], controllers: [Second] })
    class Doubled {}
    @Controller()
    class Foreign {
      @Operation({ ...echo, subject: 'prediction.v1.echo' })
      echo(request: { text: string }): { text: string } {
        return request;
      }
    }
    @Module({ controllers: [Foreign] })
    class Stranger {}
    await expect(startEcho(nats, { module: Doubled })).rejects.toMatchObject({ code: 'CONFIGURATION' });
    await expect(startEcho(nats, { module: Stranger })).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });
});
