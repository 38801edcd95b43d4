import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NatsLink } from './nats-link';
import { NatsKeyValue } from './key-value.nats';
import { connectClient, type Client } from './client';
import { ECHO_SERVICE, EchoModule, echo, whoAmI } from './echo.conformance';
import { createLog } from '@salus/observability';
import { runService, type RunningService } from './service';

const CONFIG = join(__dirname, '..', '..', '..', 'docker', 'nats.conf');
const PASSWORDS = { SALUS_SERVICE_PASSWORD: 'service-for-this-test', SALUS_CLIENT_PASSWORD: 'client-for-this-test' };

function versionOf(bin: string | undefined): readonly [number, number] | undefined {
  const said = bin ? spawnSync(bin, ['--version'], { encoding: 'utf8' }).stdout : '';
  const found = /v(\d+)\.(\d+)\./.exec(said ?? '');
  return found ? [Number(found[1]), Number(found[2])] : undefined;
}

const version = versionOf(process.env.NATS_SERVER_BIN);
const isNewEnough = version !== undefined && (version[0] > 2 || version[1] >= 12);
if (!isNewEnough) process.stderr.write('SKIPPED: docker/nats.conf needs nats-server 2.12 or newer; set NATS_SERVER_BIN to run the messaging suite on it\n');

(isNewEnough ? describe : describe.skip)('the NATS configuration that is shipped', () => {
  const folder = mkdtempSync(join(tmpdir(), 'salus-shipped-'));
  const log = createLog({ service: 'shipped', level: 'silent' });
  let server: ChildProcess;
  let url: string;
  let service: RunningService;
  let client: Client;

  beforeAll(async () => {
    // The store's place in the container is the only line that this machine does not have.
    const config = join(folder, 'nats.conf');
    writeFileSync(config, readFileSync(CONFIG, 'utf8').replace('store_dir: "/data"', `store_dir: "${join(folder, 'store')}"`));
    const args = ['-c', config, '-a', '127.0.0.1', '-p', '-1', '-m', '-1', '--ports_file_dir', folder];
    server = spawn(process.env.NATS_SERVER_BIN as string, args, { env: { ...process.env, ...PASSWORDS }, stdio: 'ignore' });
    let ports: string | undefined;
    while (!(ports = readdirSync(folder).find((name) => name.endsWith('.ports')))) await new Promise((resolve) => setTimeout(resolve, 20));
    [url] = (JSON.parse(readFileSync(join(folder, ports), 'utf8')) as { nats: string[] }).nats;
    const settings = { natsUrl: url, natsUser: 'salus', natsPassword: PASSWORDS.SALUS_SERVICE_PASSWORD, healthPort: 0, logLevel: 'silent' as const };
    service = await runService({ module: EchoModule, name: ECHO_SERVICE, version: '0.1.0', description: 'echo', config: settings, handlesSignals: false });
    client = await connectClient({ url, user: 'client', password: PASSWORDS.SALUS_CLIENT_PASSWORD, inboxPrefix: '_INBOX_client', checksReplies: true });
  }, 30_000);

  afterAll(async () => {
    await client?.close();
    await service?.close();
    server?.kill('SIGTERM');
    if (server) await new Promise((resolve) => server.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers a client, whom the server names', async () => {
    expect(await client.request(echo, { text: 'x' })).toMatchObject({ text: 'x' });
    expect(await client.request(whoAmI, {}, { model: 'a' })).toMatchObject({ caller: { kind: 'client', user: 'client', account: 'CLIENTS' } });
  });

  it.each(['event.training.v1.model-promoted', 'wake.training', '$KV.registry.x', '$JS.API.INFO'])('keeps %s out of a client\'s reach', async (subject) => {
    await expect(client.raw(subject, '{}')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('keeps a bucket', async () => {
    const link = new NatsLink({ url, user: 'salus', password: PASSWORDS.SALUS_SERVICE_PASSWORD, name: 'bucket' }, log);
    await link.connected();
    const bucket = new NatsKeyValue(link, log).open('registry');
    await bucket.put('a', Buffer.from('1'));
    expect(Buffer.from((await bucket.get('a')) ?? []).toString()).toBe('1');
    await link.close();
  });
});
