import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { exampleDataset, examplePrepared } from '@salus/contracts';
import type { RunningService } from '@salus/messaging';
import { startNats, type NatsTestServer } from '@salus/testkit';
import { MemoryPlatform, SERVICES, startMemoryService } from './client/platform.conformance';

// Servers and processes take their time on a busy machine.
jest.setTimeout(60_000);

const FLAGS = ['--conditions=@salus/source', '-r', '@swc-node/register'];

describe('the program', () => {
  let nats: NatsTestServer;
  let platform: MemoryPlatform;
  let services: RunningService[];
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    nats = await startNats();
    platform = new MemoryPlatform();
    services = await Promise.all(SERVICES.map((name) => startMemoryService(platform, name, nats)));
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    platform?.release();
    await Promise.all((services ?? []).map((service) => service.close()));
    await nats?.stop();
  });

  /** Starts the program as the user of the clients' account. */
  function start(words: readonly string[]) {
    const { user, password } = nats.clients.client;
    const env = { ...process.env, SALUS_NATS_URL: nats.url, SALUS_NATS_USER: user, SALUS_NATS_PASSWORD: password };
    const child = spawn(process.execPath, [...FLAGS, join(__dirname, 'main.ts'), ...words], { cwd: join(__dirname, '..', '..', '..'), env });
    children.push(child);
    const written = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (written.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (written.err += text));
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...written }));
    const told = (pattern: RegExp): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => void (pattern.test(written.err) && resolve());
        child.stderr.on('data', look);
        look();
      });
    return { child, ended, told };
  }

  it('reads rows from a pipe, writes the answer alone and ends by itself', async () => {
    const { child, ended } = start(['predict', 'blood-pressure', '-', '--json']);
    child.stdin.end('[{"age":59}]');
    const { code, out, err } = await ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ model: 'blood-pressure', answers: [{ outcome: 'answered' }] });
  });

  it('on Ctrl-C leaves the job running, says so and gives exit code 130', async () => {
    Object.assign(platform, { datasets: [exampleDataset], prepared: [examplePrepared] });
    platform.held.add('train-model');
    const { child, ended, told } = start(['train', 'blood-pressure', '--watch']);
    await told(/reading/);
    child.kill('SIGINT');
    const { code, err } = await ended;
    const [id] = platform.jobs.keys();
    expect(code).toBe(130);
    expect(err).toContain(`"salus jobs cancel ${id}" ends it`);
    expect(platform.jobs.get(id)?.state).toBe('running');
  });

  it('gives the shell what the fault means', async () => {
    expect(await start(['promote', 'blood-pressure', '7']).ended).toMatchObject({ code: 1, out: '' });
    expect(await start(['promote', 'blood-pressure']).ended).toMatchObject({ code: 2, out: '' });
    expect(await start(['status', '--nats', 'nats://127.0.0.1:1']).ended).toMatchObject({ code: 3, out: '' });
  });
});
