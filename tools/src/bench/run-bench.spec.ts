/** The command on small checkouts with benchmarks of their own, and once as the process that `npm run bench` is. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runBench } from './run-bench';
import { scanSuites } from './scan';

const REPOSITORY = join(__dirname, '..', '..', '..');

describe('npm run bench', () => {
  let root: string;
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  const run = async (...args: string[]) => {
    const [printed, logged]: [string[], string[]] = [[], []];
    const code = await runBench({ root, args, print: (text) => printed.push(text), log: (text) => logged.push(text) });
    return { code, printed: printed.join('\n'), logged: logged.join('\n') };
  };
  const benchmark = (suite: string, body: string): string => `export const suite = '${suite}';\nexport async function run(report: (line: unknown) => void): Promise<void> {\n${body}\n}\n`;
  const LINE = "{ name: 'a', ours: 2, peer: 4, peerName: 'other', unit: 'ms', ratio: 2, goal: 3 }";

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'salus-bench-'));
    write('libs/fast/src/fast.bench.ts', benchmark('fast', `report(${LINE});`));
    write('libs/many/src/one.bench.ts', benchmark('many', `report({ ...${LINE}, name: 'one' });`));
    write('libs/many/src/two.bench.ts', benchmark('many', `report({ ...${LINE}, name: 'two' });`));
    write('libs/bad/src/throws.bench.ts', benchmark('throws', `report(${LINE}); throw new Error('the server fell over');`));
    write('libs/bad/src/wrong.bench.ts', benchmark('wrong', `report({ ...${LINE}, ours: NaN });`));
    write('libs/bad/src/silent.bench.ts', benchmark('silent', ''));
    write('libs/bad/src/empty.bench.ts', "export const suite = 'empty';\n");
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('lists the suites without loading any', async () => {
    const { code, printed } = await run();
    expect(code).toBe(0);
    expect(printed).toContain('many    libs/many/src/one.bench.ts, libs/many/src/two.bench.ts');
    expect(JSON.parse((await run('--json')).printed).suites).toHaveLength(6);
  });

  it('ends with 0 also when a goal is missed, and marks it', async () => {
    const { code, printed, logged } = await run('fast');
    expect(code).toBe(0);
    expect(printed).toContain('≥ 3.00 MISSED');
    expect(logged).toContain('measuring libs/fast/src/fast.bench.ts');
  });

  it('prints one JSON document and nothing else', async () => {
    const { code, printed } = await run('fast', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({ suite: 'fast', lines: [{ name: 'a', better: 'ours', isGoalMet: false }], absentPeers: [] });
  });

  it('runs every file of a suite into one table', async () => {
    expect(JSON.parse((await run('--json', 'many')).printed).lines.map(({ name }: { name: string }) => name)).toEqual(['one', 'two']);
  });

  it.each([
    ['a suite that does not exist', ['nope'], /there is no suite nope; there are: empty, fast, many, silent, throws, wrong\nusage: /],
    ['two suites', ['fast', 'many'], /one suite at a time; received fast, many/],
    ['an unknown option', ['--xml'], /--xml/],
  ])('ends with 2 for %s', async (_what, args, said) => {
    const { code, printed, logged } = await run(...args);
    expect([code, printed]).toEqual([2, '']);
    expect(logged).toMatch(said);
  });

  it.each([
    ['a benchmark that throws', 'throws', /the server fell over/],
    ['a figure that is none', 'wrong', /INTERNAL: .*ours must be a finite number/],
    ['a benchmark that measures nothing', 'silent', /silent.bench.ts ended without a measurement/],
    ['a file without run', 'empty', /CONFIGURATION: .*empty.bench.ts must export a function run/],
  ])('ends with 1 and prints no result for %s', async (_what, suite, said) => {
    const { code, printed, logged } = await run(suite, '--json');
    expect([code, printed]).toEqual([1, '']);
    expect(logged).toMatch(said);
  });

  it('is a process that lists this checkout and takes over the exit code', () => {
    const bench = (...args: string[]) => spawnSync(process.execPath, [join(REPOSITORY, 'tools', 'bench.mjs'), ...args], { encoding: 'utf8', cwd: tmpdir() });
    const listed = bench('--json');
    expect(listed.status).toBe(0);
    expect(JSON.parse(listed.stdout)).toEqual({ suites: scanSuites(REPOSITORY) });
    expect(bench('nope').status).toBe(2);
  });
});
