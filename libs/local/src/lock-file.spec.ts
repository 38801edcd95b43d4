import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeLock } from './lock-file';

describe('takeLock', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salus-lock-'));
    path = join(folder, 'deep', 'lock');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is held until it is released', () => {
    const first = takeLock(path);
    expect(takeLock(path)).toEqual({ holder: expect.objectContaining({ pid: process.pid }) });
    if ('release' in first) first.release();
    expect(readdirSync(join(folder, 'deep'))).toEqual([]);
    expect(takeLock(path)).toHaveProperty('release');
  });

  it.each([
    ['a holder that died', JSON.stringify({ pid: process.pid, startTime: 'long ago' })],
    ['an empty file', ''],
    ['text that is no JSON', '{'],
    ['JSON without a process', 'null'],
  ])('is taken over from %s', (_what, text) => {
    const taken = takeLock(path);
    if ('release' in taken) taken.release();
    writeFileSync(path, text);
    expect(takeLock(path)).toHaveProperty('release');
  });

  it('is taken by exactly one of several processes that find a stale one', async () => {
    const stale = join(folder, 'lock');
    writeFileSync(stale, JSON.stringify({ pid: process.pid, startTime: 'long ago' }));
    const script = `const { takeLock } = require(${JSON.stringify(join(__dirname, 'lock-file.ts'))});
      process.stdin.once('data', () => { console.log('release' in takeLock(${JSON.stringify(stale)})); process.stdin.once('data', () => process.exit()); });
      console.log('up');`;
    const cwd = join(__dirname, '..', '..', '..');
    const args = ['-r', '@swc-node/register', '--conditions=@salus/source', '-e', script];
    const children = Array.from({ length: 4 }, () => spawn(process.execPath, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] }));
    const said = () => Promise.all(children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()));
    await said();
    const answers = said();
    children.forEach(({ stdin }) => stdin.write('go\n'));
    expect((await answers).sort()).toEqual(['false', 'false', 'false', 'true']);
    children.forEach(({ stdin }) => stdin.write('end\n'));
    await Promise.all(children.map((child) => once(child, 'exit')));
  });
});
