import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, signalProcess, type ProcessIdentity } from './process-identity';
import { isRunAlive, readRun, runFileOf, type Run } from './run-file';
import { answersReady } from './service-program';
import { startLocal, type LocalOptions, type StartedLocal } from './start-local';

type Started = Extract<StartedLocal, { already?: undefined }>;
const itAsRoot = process.getuid?.() === 0 ? it : it.skip;
const REPOSITORY = join(__dirname, '..', '..', '..');

/** A service of our protocol in a few lines: a health page, its environment in a file, and an orderly end. */
const SERVICE = `
const { NATS_URL, DATABASE_URL, HEALTH_PORT, SALUS_MODELS, EXTRA } = process.env;
require('node:fs').writeFileSync(process.argv[1] + '.env.json', JSON.stringify({ NATS_URL, DATABASE_URL, HEALTH_PORT, SALUS_MODELS, EXTRA }));
require('node:http').createServer((_, response) => response.end('ok')).listen(Number(HEALTH_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;

const until = async (holds: () => boolean | Promise<boolean>) => {
  while (!(await holds())) await sleep(10);
};
const greeting = (port: number, first?: Buffer) =>
  new Promise<string>((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => first && socket.write(first));
    socket.once('data', (bytes) => socket.destroy() && resolve(bytes.toString('latin1')));
    socket.once('error', () => resolve(''));
  });
const answers = async ({ ports }: Run) =>
  (await greeting(ports.nats ?? 0)).startsWith('INFO') && (await greeting(ports.postgres ?? 0, Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]))) === 'N';

describe('startLocal', () => {
  let root: string;
  let options: LocalOptions;
  let lines: string[];
  const prepare = (checkout: string) => {
    root = checkout;
    mkdirSync(join(root, 'apps'), { recursive: true });
    for (const name of ['alpha', 'beta']) writeFileSync(join(root, 'apps', `${name}.js`), SERVICE);
    lines = [];
    options = {
      folder: join(root, '.salus'),
      services: ['alpha', 'beta'],
      appEntry: (name) => `apps/${name}.js`,
      serviceEnv: (name) => ({ EXTRA: name }),
      env: { ...process.env, NATS_URL: undefined, DATABASE_URL: undefined },
      log: (line) => lines.push(line),
      backoff: { firstMs: 10, longestMs: 500, steadyAfterMs: 60_000 },
    };
  };
  const start = async (more: Partial<LocalOptions> = {}) => {
    const started = await startLocal({ ...options, ...more });
    if (started.already) throw new Error('something runs already');
    return started as Started;
  };
  const processesOf = (run: Run) => Object.entries(run.processes).flatMap(([name, identity]) => (name === 'salus' ? [] : [identity]));

  // One checkout for all, as initdb takes seconds; each test ends with nothing running in it.
  let checkout: string;
  beforeAll(() => {
    checkout = mkdtempSync(join(tmpdir(), 'salus-local-'));
    chmodSync(checkout, 0o755);
  });
  beforeEach(() => prepare(checkout));
  afterAll(() => rmSync(checkout, { recursive: true, force: true }));

  it('runs servers and services, says in run.json how to reach them, and leaves no process behind', async () => {
    const local = await start();
    const { run } = local;
    expect(readRun(options.folder)).toEqual(run);
    expect(run).toMatchObject({ ready: true, client: { user: 'client', inboxPrefix: '_INBOX_client' }, service: { user: 'service' } });
    expect(Object.keys(run.processes).sort()).toEqual(['alpha', 'beta', 'nats-server', 'postgres', 'salus']);
    expect(statSync(runFileOf(options.folder)).mode & 0o777).toBe(0o600);
    expect(statSync(join(options.folder, 'nats', 'nats.conf')).mode & 0o777).toBe(0o600);
    expect(statSync(options.folder).mode & 0o066).toBe(0);
    expect(await answers(run)).toBe(true);
    expect(JSON.parse(readFileSync(join(root, 'apps', 'beta.js.env.json'), 'utf8'))).toEqual({
      NATS_URL: `nats://service:${run.service?.password}@127.0.0.1:${run.ports.nats}`,
      DATABASE_URL: run.databaseUrl,
      HEALTH_PORT: String(run.ports.health.beta),
      SALUS_MODELS: join(root, 'models'),
      EXTRA: 'beta',
    });
    expect(readFileSync(`/proc/${run.processes.postgres?.pid}/cmdline`, 'utf8')).toContain('fsync=on');
    await local.stop();
    expect(processesOf(run).filter(isRunning)).toEqual([]);
    expect(existsSync(runFileOf(options.folder))).toBe(false);
  });

  it('says what runs already instead of starting twice', async () => {
    const local = await start();
    const second = await startLocal(options);
    expect(second.already).toEqual(local.run);
    expect(isRunAlive(second.already as Run)).toBe(true);
    await local.stop();
  });

  it('keeps ports, credentials and data from one run to the next, and makes a lost database password anew', async () => {
    const first = await start();
    await first.stop();
    const second = await start();
    const same = ({ natsUrl, service, client, databaseUrl }: Run) => ({ natsUrl, service, client, databaseUrl });
    expect(same(second.run)).toEqual(same(first.run));
    await second.stop();
    rmSync(join(options.folder, 'credentials.json'));
    const third = await start();
    expect(third.run.databaseUrl).not.toBe(first.run.databaseUrl);
    expect(await answers(third.run)).toBe(true);
    await third.stop();
  });

  it.each(['nats-server', 'postgres', 'beta'])('starts a dead %s again on the same port', async (name) => {
    const local = await start();
    const { run } = local;
    const before = run.processes[name] as ProcessIdentity;
    signalProcess(before, 'SIGKILL');
    await until(() => lines.some((line) => line.startsWith(`${name} is up again`)));
    expect(await answers(run)).toBe(true);
    expect(await answersReady(run.ports.health.beta ?? 0)).toBe(true);
    expect(readRun(options.folder)).toEqual(local.run);
    expect(local.run.processes[name]?.pid).not.toBe(before.pid);
    await local.stop();
    expect([...processesOf(run), ...processesOf(local.run)].filter(isRunning)).toEqual([]);
  });

  it('leaves nothing running when a service does not come up, and says why', async () => {
    writeFileSync(join(root, 'apps', 'beta.js'), "console.error('beta: no such table'); process.exit(2)");
    let seen: Run | undefined;
    const log = () => (seen = readRun(options.folder) ?? seen);
    await expect(start({ log })).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/beta[^]*exit code 2[^]*no such table/) });
    expect(processesOf(seen as Run).length).toBeGreaterThan(0);
    expect(processesOf(seen as Run).filter(isRunning)).toEqual([]);
    expect(existsSync(runFileOf(options.folder))).toBe(false);
    prepare(root);
    await (await start()).stop();
  });

  it('can be cancelled while it starts', async () => {
    const cancel = new AbortController();
    let seen: Run | undefined;
    const log = (line: string) => {
      seen = readRun(options.folder);
      if (line.startsWith('NATS:')) cancel.abort();
    };
    await expect(start({ log, signal: cancel.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(processesOf(seen as Run).filter(isRunning)).toEqual([]);
  });

  describe('after a SIGKILL of everything above it', () => {
    let child: ChildProcess | undefined;
    /** Runs startLocal in a process of its own and kills that once all is up. */
    const crashed = async () => {
      const script = `require(${JSON.stringify(join(__dirname, 'index.ts'))}).startLocal({ folder: ${JSON.stringify(options.folder)},
        services: ['alpha', 'beta'], appEntry: (name) => 'apps/' + name + '.js' }).then(() => console.log('up'));`;
      const args = ['-r', '@swc-node/register', '--conditions=@salus/source', '-e', script];
      child = spawn(process.execPath, args, { cwd: REPOSITORY, env: options.env, stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout as NodeJS.ReadableStream, 'data');
      child.kill('SIGKILL');
      await once(child, 'exit');
      return readRun(options.folder) as Run;
    };

    it('ends what was left, by run.json, and starts anew', async () => {
      const left = await crashed();
      expect(processesOf(left)).toHaveLength(4);
      expect(processesOf(left).filter(isRunning)).toHaveLength(4);
      expect(isRunAlive(left)).toBe(false);
      const local = await start();
      expect(processesOf(left).filter(isRunning)).toEqual([]);
      expect(lines[0]).toMatch(/ended what an earlier run had left: .*postgres/);
      expect(local.run.natsUrl).toBe(left.natsUrl);
      await local.stop();
    });

    it('ends servers that run.json does not know, and spares a stranger with a recorded process id', async () => {
      const left = await crashed();
      for (const name of ['alpha', 'beta']) signalProcess(left.processes[name] as ProcessIdentity, 'SIGKILL');
      writeFileSync(runFileOf(options.folder), '{ broken');
      const stranger = spawn('sleep', ['1000'], { stdio: 'ignore' });
      writeFileSync(join(options.folder, 'nats', 'nats.pid'), String(stranger.pid));
      const nats = left.processes['nats-server'] as ProcessIdentity;
      const local = await start();
      expect(isRunning(left.processes.postgres as ProcessIdentity)).toBe(false);
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
      expect(await answers(local.run)).toBe(true);
      await local.stop();
      stranger.kill();
      // Its process file was overwritten above, so that nothing could find it any more.
      signalProcess(nats, 'SIGKILL');
    });
  });

  itAsRoot('puts the database elsewhere when the checkout is in a folder that only root can enter', async () => {
    const hidden = mkdtempSync(join(homedir(), 'salus-0700-'));
    expect(statSync(hidden).mode & 0o777).toBe(0o700);
    prepare(join(hidden, 'checkout'));
    const local = await start();
    const { cluster = '' } = readRun(options.folder)?.folders ?? {};
    expect(cluster).toMatch(/^\/var\/lib\/salus\/[0-9a-f]{16}\/postgres$/);
    expect(cluster.startsWith(realpathSync(hidden))).toBe(false);
    expect(await answers(local.run)).toBe(true);
    await local.stop();
    const again = await start();
    expect(again.run.databaseUrl).toBe(local.run.databaseUrl);
    await again.stop();
    rmSync(dirname(cluster), { recursive: true });
    rmSync(hidden, { recursive: true });
  });
});
