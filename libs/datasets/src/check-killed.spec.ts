import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine, rowCount } from './index';

const ROWS = 150_000;
const MANIFEST = {
  schema: 'salus.model/1', id: 'test-model', title: 'Test', summary: 'A test.', service: 'prediction', task: 'regression', intendedUse: 'Tests.', notFor: 'Patients.',
  source: { name: 'made by the test', licence: 'MIT', citation: 'none' },
  features: [{ name: 'x', title: 'x', type: 'number', unit: '1', minimum: 0, maximum: 1e6 }], target: { name: 'y', title: 'y', type: 'number', unit: '1', minimum: 0, maximum: 1e6 },
  pipeline: [], split: { by: 'random', testFraction: 0.2 }, learner: { algorithm: 'none' }, metrics: ['mse'], seed: 1,
};
/** Checks a file and kills itself so many milliseconds after the writing began, or at the end. */
const CHILD = `
  const { manifestSchema } = require('@salus/contracts');
  const { checkCsv, openEngine } = require(process.argv[1]);
  const [, , folder, afterMs] = process.argv;
  const kill = () => process.kill(process.pid, 'SIGKILL');
  const onProgress = ({ phase }) => phase === 'writing' && afterMs !== 'end' && (afterMs === '0' ? kill() : setTimeout(kill, Number(afterMs)));
  openEngine({ memoryLimitMb: 128, threads: 2, temporaryFolder: folder })
    .then((engine) => checkCsv(engine, { csvPath: folder + '/in.csv', manifest: manifestSchema.parse(${JSON.stringify(MANIFEST)}), outputPath: folder + '/out.parquet', onProgress }))
    .then(() => (afterMs === 'end' ? kill() : setInterval(() => undefined, 1000)));
`;

describe('a check that is killed', () => {
  it('leaves the whole file or none under its name, at whatever moment', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'salus-killed-'));
    const engine = await openEngine({ memoryLimitMb: 128, threads: 1, temporaryFolder: folder });
    await writeFile(join(folder, 'in.csv'), `x,y\n${Array.from({ length: ROWS }, (_, row) => `${row},${row % 977}`).join('\n')}\n`);
    const seen: string[] = [];
    for (const afterMs of [0, 15, 40, 80, 'end']) {
      const child = spawn(process.execPath, ['--conditions=@salus/source', '-r', require.resolve('@swc-node/register'), '-e', CHILD, join(__dirname, 'index.ts'), folder, String(afterMs)], { cwd: __dirname, stdio: ['ignore', 'ignore', 'inherit'] });
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      expect(signal).toBe('SIGKILL');
      const whole = (await readdir(folder)).includes('out.parquet');
      seen.push(whole ? 'whole' : 'none');
      if (whole) expect(await rowCount(engine, join(folder, 'out.parquet'))).toBe(ROWS);
      await rm(join(folder, 'out.parquet'), { force: true });
    }
    expect([seen[0], seen.at(-1)]).toEqual(['none', 'whole']);
    engine.close();
    await rm(folder, { recursive: true });
  }, 60_000);
});
