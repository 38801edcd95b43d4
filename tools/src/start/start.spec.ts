import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, readRun } from '@salus/local';
import { readOptions } from './options';

const ROOT = join(__dirname, '..', '..', '..');

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** `npm start` as a person runs it, with a state folder of its own. */
class Started {
  output = '';
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;

  constructor(folder: string, args: readonly string[]) {
    const env = { ...process.env, NATS_URL: '', DATABASE_URL: '', NO_COLOR: '1' };
    this.child = spawn(process.execPath, [join(ROOT, 'tools', 'start.mjs'), '--state', join(folder, '.salus'), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (text: Buffer) => (this.output += text.toString()));
    this.ended = new Promise((resolve) => this.child.once('close', (code) => resolve({ code, output: this.output })));
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async says(text: string): Promise<void> {
    const over = this.ended.then(({ output }) => Promise.reject(new Error(`ended without saying ${text}: ${output}`)));
    while (!this.output.includes(text)) await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 50))]);
    over.catch(() => undefined);
  }
}

describe('npm start', () => {
  const folders: string[] = [];
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'salus-start-'));
    // PostgreSQL's user must be able to pass through when this runs as root.
    chmodSync(made, 0o755);
    folders.push(made);
    return made;
  };
  const modelsWith = (change: (folder: string) => void): string => {
    const models = join(folder(), 'models');
    cpSync(join(ROOT, 'models'), models, { recursive: true });
    change(join(models, 'blood-pressure'));
    return models;
  };
  afterAll(() => folders.forEach((made) => rmSync(made, { recursive: true, force: true })));

  it('refuses data that do not fit, with the reason and without an ending of 0', async () => {
    const models = modelsWith((model) => {
      const file = join(model, 'data', 'diabetes.csv');
      writeFileSync(file, readFileSync(file, 'utf8').replace('\n48', '\nforty-eight'));
    });
    const { code, output } = await new Started(folder(), ['--once', '--models', models]).ended;
    expect(output).toMatch(/INVALID_DATA: .*1 × wrong-type/);
    expect(output).toMatch(/"row":2,.*"column":"age"/);
    expect(output).not.toContain('forty-eight');
    expect(code).toBe(1);
  }, 120_000);

  it('refuses a manifest that does not fit, naming the field', async () => {
    const models = modelsWith((model) => {
      const file = join(model, 'model.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace('"standardise"', '"standardize"'));
    });
    const { code, output } = await new Started(folder(), ['--once', '--models', models]).ended;
    expect(output).toMatch(/INVALID_MANIFEST: .*pipeline\.0/);
    expect(code).toBe(1);
  }, 120_000);

  it('serves until SIGTERM, tells a second start how to reach it, and leaves no process behind', async () => {
    const place = folder();
    const first = new Started(place, []);
    await first.says('Serving');
    const run = readRun(join(place, '.salus'));
    expect(run?.ready).toBe(true);
    const second = await new Started(place, []).ended;
    expect(second.output).toMatch(/Salus runs already since .*NATS at nats:\/\/127\.0\.0\.1:\d+/);
    expect(second.code).toBe(0);
    first.signal('SIGTERM');
    const { code, output } = await first.ended;
    expect(code).toBe(0);
    expect(output).toContain('118.707515');
    const left = Object.entries(run?.processes ?? {}).filter(([, identity]) => isRunning(identity));
    expect(left).toEqual([]);
    expect(existsSync(join(place, '.salus', 'run.json'))).toBe(false);
  }, 180_000);

  it('runs one service with its needs', async () => {
    const place = folder();
    const only = new Started(place, ['--only', 'prediction']);
    await only.says('Serving prediction');
    const names = Object.keys(readRun(join(place, '.salus'))?.processes ?? {}).sort();
    expect(names).toEqual(['nats-server', 'postgres', 'prediction', 'salus']);
    only.signal('SIGINT');
    expect((await only.ended).code).toBe(0);
  }, 120_000);
});

describe('npm', () => {
  it('takes everything with it when it is ended, although it passes no signal on', async () => {
    const place = mkdtempSync(join(tmpdir(), 'salus-npm-'));
    chmodSync(place, 0o755);
    const state = join(place, '.salus');
    const npm = spawn('npm', ['start', '--', '--only', 'prediction', '--state', state], { cwd: ROOT, env: { ...process.env, NATS_URL: '', DATABASE_URL: '' }, stdio: 'ignore' });
    while (!isReady(state)) await new Promise((resolve) => setTimeout(resolve, 50));
    const processes = Object.values(readRun(state)?.processes ?? {});
    expect(processes).toHaveLength(4);
    npm.kill('SIGTERM');
    while (processes.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 50));
    rmSync(place, { recursive: true, force: true });
  }, 120_000);
});

const isReady = (state: string): boolean => {
  try {
    return readRun(state)?.ready === true;
  } catch {
    return false; // being written
  }
};

describe('the options of npm start', () => {
  it.each([
    [['--only', 'astrology'], /expected one of ingestion/],
    [['--once', '--only', 'training'], /needs all services/],
    [['--fast'], /--fast/],
    [['--readme', 'write'], /goes with --once/],
  ])('%p is refused with the way out', (args, reason) => {
    expect(() => readOptions(args, ROOT)).toThrow(reason);
  });
});
