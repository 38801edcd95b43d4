import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNats, startPostgres } from './index';

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** The first bytes that a server at this address sends after `greeting`. */
const firstBytes = (url: string, greeting?: Buffer) =>
  new Promise<string>((resolve, reject) => {
    const socket = createConnection(Number(new URL(url).port), '127.0.0.1', () => greeting && socket.write(greeting));
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(bytes.toString('latin1'));
    });
    socket.once('error', reject);
  });
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

describe('private servers', () => {
  it('runs NATS on the same port before and after a kill, and leaves neither process nor folder', async () => {
    const nats = await startNats({ clients: ['alice', 'bob'] });
    expect(Object.keys(nats.clients)).toEqual(['alice', 'bob']);
    expect(nats.clients.alice?.inboxPrefix).toBe('_INBOX_alice');
    expect(await firstBytes(nats.url)).toContain('"auth_required":true');
    const before = nats.pid;
    await nats.kill();
    expect(alive(before)).toBe(false);
    await nats.restart();
    expect(nats.pid).not.toBe(before);
    expect(await firstBytes(nats.url)).toMatch(/^INFO /);
    await nats.stop();
    expect([alive(nats.pid), existsSync(nats.folder)]).toEqual([false, false]);
  });

  it('runs NATS without accounts for who asks', async () => {
    const nats = await startNats({ accounts: false });
    expect(await firstBytes(nats.url)).not.toContain('"auth_required":true');
    expect(nats.serviceUrl).toBe(nats.url);
    await nats.stop();
  });

  it('runs PostgreSQL on the same port before and after a kill, and leaves neither process nor folder', async () => {
    const postgres = await startPostgres();
    expect(await firstBytes(postgres.url, SSL_REQUEST)).toBe('N');
    await postgres.kill();
    await postgres.restart();
    expect(await firstBytes(postgres.url, SSL_REQUEST)).toBe('N');
    await postgres.stop();
    expect([alive(postgres.pid), existsSync(postgres.folder)]).toEqual([false, false]);
  });
});

describe('a test process that dies', () => {
  it('leaves neither servers nor folders behind, even after SIGKILL', async () => {
    const root = join(__dirname, '..', '..', '..');
    // A plain Node process on the sources, as Jest itself cannot be killed from inside.
    const script = `
      const { startNats, startPostgres } = require(${JSON.stringify(join(__dirname, 'index.ts'))});
      Promise.all([startNats(), startPostgres()]).then((all) => console.log(JSON.stringify(all.map(({ pid, folder }) => ({ pid, folder })))));
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['-r', '@swc-node/register', '--conditions=@salus/source', '-e', script], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const servers = JSON.parse(line.toString()) as { pid: number; folder: string }[];
    expect(servers.map(({ pid, folder }) => [alive(pid), existsSync(folder)])).toEqual([
      [true, true],
      [true, true],
    ]);
    child.kill('SIGKILL');
    const left = () => servers.some(({ pid, folder }) => alive(pid) || existsSync(folder));
    for (let polls = 0; left() && polls < 500; polls++) await sleep(20);
    expect(left()).toBe(false);
  });
});
