import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer } from './find-nats-server';

const itAsRoot = process.getuid?.() === 0 ? it : it.skip;

describe('findNatsServer', () => {
  let folder: string;
  const program = (name: string, script: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
    return join(folder, name);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salus-find-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  // The shell of these programs is needed, the nats-server of this machine must not be found.
  const nowhere = () => ({ env: { PATH: folder }, folders: [] });

  it('takes NATS_URL before NATS_SERVER_BIN before PATH before the usual folders', async () => {
    const onPath = program('nats-server', 'echo nats-server: v2.11.4');
    const named = program('other', 'echo nats-server: v2.12.3');
    const env: NodeJS.ProcessEnv = { PATH: folder, NATS_SERVER_BIN: named, NATS_URL: 'nats://u:p@host:4222' };
    expect(await findNatsServer({ env })).toEqual({ url: 'nats://u:p@host:4222' });
    delete env.NATS_URL;
    expect(await findNatsServer({ env })).toEqual({ bin: named, version: '2.12.3', how: 'NATS_SERVER_BIN' });
    delete env.NATS_SERVER_BIN;
    expect(await findNatsServer({ env })).toEqual({ bin: onPath, version: '2.11.4', how: onPath });
    expect(await findNatsServer({ env: { PATH: '' }, folders: [folder] })).toMatchObject({ bin: onPath });
  });

  it.each<[string, NodeJS.ProcessEnv]>([
    ['NATS_SERVER_BIN', { NATS_SERVER_BIN: '/no/such/file' }],
    ['NATS_SERVER_BIN', { NATS_SERVER_BIN: tmpdir() }],
    ['NATS_URL', { NATS_URL: 'localhost' }],
    ['version', { NATS_SERVER_BIN: '/bin/true' }],
  ])('refuses an unusable setting and names %s', async (name, env) => {
    await expect(findNatsServer({ env })).rejects.toMatchObject({ code: 'CONFIGURATION', message: expect.stringContaining(name) });
  });

  it('names the exact command when it may not install', async () => {
    program('apt-get', 'exit 1');
    await expect(findNatsServer({ ...nowhere(), allowInstall: false })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('sudo apt-get install -y --no-install-recommends nats-server'),
    });
    await expect(findNatsServer({ env: { PATH: '' }, folders: [] })).rejects.toMatchObject({ message: expect.stringContaining('no known package manager') });
  });

  itAsRoot('installs with apt-get as root, asks nothing, keeps the service from starting and says so', async () => {
    const record = join(folder, 'record');
    // The first attempt fails as on an image whose package lists are empty.
    program(
      'apt-get',
      `PATH=/bin:/usr/bin
      echo "$* $DEBIAN_FRONTEND $(test -e /usr/sbin/policy-rc.d && echo policy)" >> ${record}
      if [ "$1" = update ]; then touch ${record}.updated; exit 0; fi
      [ -e ${record}.updated ] || { echo 'E: Unable to locate package nats-server' >&2; exit 100; }
      printf '#!/bin/sh\\necho nats-server: v2.9.10\\n' > ${folder}/nats-server; chmod +x ${folder}/nats-server`,
    );
    const lines: string[] = [];
    const before = existsSync('/usr/sbin/policy-rc.d');
    const found = await findNatsServer({ ...nowhere(), log: (line) => lines.push(line) });
    expect(found).toEqual({ bin: join(folder, 'nats-server'), version: '2.9.10', how: 'installed by the package manager' });
    const install = 'install -y --no-install-recommends nats-server noninteractive policy';
    expect(readFileSync(record, 'utf8').trim().split('\n')).toEqual([install, 'update noninteractive policy', install]);
    expect(existsSync('/usr/sbin/policy-rc.d')).toBe(before);
    expect(lines.join('\n')).toContain('apt-get update && apt-get install');
  });

  itAsRoot('gives the words of a package manager that fails', async () => {
    program('apt-get', 'echo "E: no network" >&2; exit 100');
    await expect(findNatsServer(nowhere())).rejects.toMatchObject({ code: 'CONFIGURATION', message: expect.stringContaining('E: no network') });
  });
});
