import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning, signalProcess, type ProcessIdentity } from './process-identity';
import type { Program } from './program';
import { Supervisor } from './supervisor';

const until = async (holds: () => boolean) => {
  while (!holds()) await sleep(5);
};

describe('Supervisor', () => {
  let folder: string;
  let supervisor: Supervisor;
  let lines: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salus-supervisor-'));
    lines = [];
    supervisor = new Supervisor({ log: (line) => lines.push(line), backoff: { firstMs: 10, longestMs: 40, steadyAfterMs: 60_000 } });
  });
  afterEach(async () => {
    await supervisor.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const program = (name: string, script: string, more: Partial<Program> = {}): Program => ({
    name,
    command: process.execPath,
    args: ['-e', script],
    logFile: join(folder, 'logs', `${name}.log`),
    ready: /up/,
    ...more,
  });
  const WAITS = "console.log('up'); setInterval(() => {}, 1000);";
  const processOf = (name: string) => supervisor.processes()[name] as ProcessIdentity;

  it('starts a dead program again, each time after twice the pause up to a limit', async () => {
    await supervisor.start(program('worker', WAITS));
    for (let death = 1; death <= 4; death++) {
      const before = processOf('worker');
      signalProcess(before, 'SIGKILL');
      await until(() => lines.filter((line) => line.includes('up again')).length === death);
      expect(processOf('worker').pid).not.toBe(before.pid);
      expect(isRunning(before)).toBe(false);
    }
    expect(lines.filter((line) => line.includes('SIGKILL')).map((line) => /in (\d+) ms/.exec(line)?.[1])).toEqual(['10', '20', '40', '40']);
    expect(statSync(join(folder, 'logs', 'worker.log')).mode & 0o777).toBe(0o600);
  });

  it('begins with the first pause again once a program has been steady', async () => {
    supervisor = new Supervisor({ log: (line) => lines.push(line), backoff: { firstMs: 10, longestMs: 40, steadyAfterMs: 0 } });
    await supervisor.start(program('worker', WAITS));
    for (let death = 1; death <= 3; death++) {
      signalProcess(processOf('worker'), 'SIGKILL');
      await until(() => lines.filter((line) => line.includes('up again')).length === death);
    }
    expect(lines.filter((line) => line.includes('SIGKILL')).map((line) => /in (\d+) ms/.exec(line)?.[1])).toEqual(['10', '10', '10']);
  });

  it('goes on trying when a restart fails', async () => {
    const flag = join(folder, 'broken');
    await supervisor.start(program('worker', `if (require('node:fs').existsSync(${JSON.stringify(flag)})) process.exit(3); ${WAITS}`));
    writeFileSync(flag, '');
    signalProcess(processOf('worker'), 'SIGKILL');
    await until(() => lines.filter((line) => line.includes('exit code 3)')).length >= 3);
    rmSync(flag);
    await until(() => lines.some((line) => line.includes('up again')));
  });

  it('gives up on a first start that fails, with the end of its output', async () => {
    const dies = program('worker', "console.error('port is taken'); process.exit(4)");
    await expect(supervisor.start(dies)).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/exit code 4[^]*port is taken/) });
    const silent = program('silent', 'setInterval(() => {}, 1000)', { readyTimeoutMs: 100 });
    await expect(supervisor.start(silent)).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('not ready within 100 ms') });
    const missing = program('missing', '', { command: join(folder, 'no-such-program') });
    await expect(supervisor.start(missing)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(supervisor.processes()).toEqual({});
  });

  it('ends higher tiers first and leaves no process, not even what a child had started', async () => {
    const record = join(folder, 'record');
    const says = (name: string) =>
      `process.on('SIGTERM', () => setTimeout(() => { require('node:fs').appendFileSync(${JSON.stringify(record)}, '${name} '); process.exit(); }, 30));`;
    const parent = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      child.once('spawn', () => console.log('up', child.pid)); setInterval(() => {}, 1000);`;
    await supervisor.start(program('server', says('server') + WAITS));
    await supervisor.start(program('first', says('service') + WAITS), 1);
    await supervisor.start(program('second', says('service') + WAITS), 1);
    await supervisor.start(program('parent', parent), 2);
    await supervisor.start(program('stubborn', `process.on('SIGTERM', () => {}); ${WAITS}`, { stopGraceMs: 100 }), 2);
    const grandchild = identifyProcess(Number(/up (\d+)/.exec(readFileSync(join(folder, 'logs', 'parent.log'), 'utf8'))?.[1]));
    const all = [...Object.values(supervisor.processes()), grandchild as ProcessIdentity];
    expect(all.map(isRunning)).toEqual(all.map(() => true));
    await supervisor.stop();
    expect(all.map(isRunning)).toEqual(all.map(() => false));
    expect(readFileSync(record, 'utf8')).toBe('service service server ');
    expect(lines).toEqual([]);
  });

  it('can be stopped while a program starts or waits for its next start', async () => {
    await supervisor.start(program('worker', WAITS));
    const starting = supervisor.start(program('slow', 'setInterval(() => {}, 1000)'));
    const outcome = expect(starting).rejects.toMatchObject({ code: 'CANCELLED' });
    const pids = Object.values(supervisor.processes());
    await supervisor.stop();
    await outcome;
    expect(pids.map(isRunning)).toEqual([false, false]);
    await expect(supervisor.start(program('late', WAITS))).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(existsSync(join(folder, 'logs', 'late.log'))).toBe(false);
  });
});
