import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { commandLineOf, endProcess, identifyProcess, isRunning, signalProcess, type ProcessIdentity } from './process-identity';

/** A Node process that has run its script up to the line that it prints. */
const started = async (script: string): Promise<{ child: ChildProcess; identity: ProcessIdentity; line: string }> => {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { child, identity: identifyProcess(child.pid as number) as ProcessIdentity, line: line.toString().trim() };
};
const WAITS = "console.log('up'); setInterval(() => {}, 1000);";

describe('process identity', () => {
  it('tells this process from every other', () => {
    const self = identifyProcess(process.pid) as ProcessIdentity;
    expect(isRunning(self)).toBe(true);
    expect(isRunning({ ...self, startTime: `${self.startTime}0` })).toBe(false);
    expect(identifyProcess(2 ** 22 + 1)).toBeUndefined();
  });

  it('never signals a process that merely has the same id', async () => {
    const { child, identity } = await started(WAITS);
    const predecessor = { ...identity, startTime: '1' };
    expect(signalProcess(predecessor, 'SIGKILL')).toBe(false);
    expect(await endProcess(predecessor, ['SIGTERM'], 50)).toBe(false);
    expect(isRunning(identity)).toBe(true);
    expect(commandLineOf(identity.pid)).toContain('setInterval');
    const gone = once(child, 'exit');
    expect(await endProcess(identity, ['SIGTERM'], 5_000)).toBe(true);
    expect(await gone).toEqual([null, 'SIGTERM']);
    expect([isRunning(identity), identifyProcess(identity.pid)]).toEqual([false, undefined]);
  });

  it('kills a process that ignores the request, together with its children', async () => {
    const script = `process.on('SIGTERM', () => {});
      const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(WAITS)}]);
      child.stdout.once('data', () => console.log(child.pid)); setInterval(() => {}, 1000);`;
    const { child, identity, line } = await started(script);
    const grandchild = identifyProcess(Number(line)) as ProcessIdentity;
    const gone = once(child, 'exit');
    expect(await endProcess(identity, ['SIGTERM'], 100)).toBe(true);
    expect(await gone).toEqual([null, 'SIGKILL']);
    // It was killed with the group; the kernel takes a moment to end it.
    while (isRunning(grandchild)) await new Promise((resolve) => setTimeout(resolve, 10));
  });
});
