import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataPath, fixturePath } from './index';

describe('files outside the repository', () => {
  let folder: string;
  const before = { ...process.env };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salus-fixtures-'));
    writeFileSync(join(folder, 'there.csv'), 'a\n1\n');
  });
  afterEach(() => {
    process.env = { ...before };
    rmSync(folder, { recursive: true, force: true });
  });

  it('are found below the folder that the variable names', () => {
    process.env.SALUS_DATA = folder;
    process.env.SALUS_FIXTURES = folder;
    expect([dataPath('there.csv'), dataPath('absent.csv')]).toEqual([join(folder, 'there.csv'), undefined]);
    expect(fixturePath('there.csv')).toBe(join(folder, 'there.csv'));
    delete process.env.SALUS_DATA;
    expect(dataPath('there.csv')).toBeUndefined();
  });

  it('make a suite run where they are, and be counted as skipped where they are not', () => {
    const root = join(__dirname, '..', '..', '..');
    const spec = `const { describeWithData } = require(${JSON.stringify(join(__dirname, 'index.ts'))});
      describeWithData(['there.csv'], 'present', ([path]) => it('runs', () => expect(path).toContain('there.csv')));
      describeWithData(['absent.csv'], 'absent', () => { it('one', () => { throw new Error(); }); it('two', () => undefined); });`;
    writeFileSync(join(folder, 'inner.spec.ts'), spec);
    const config = `const preset = require(${JSON.stringify(join(root, 'jest.preset.cjs'))});
      const [pattern, [, options]] = Object.entries(preset.transform)[0];
      const transform = { [pattern]: [${JSON.stringify(require.resolve('@swc/jest'))}, options] };
      module.exports = { ...preset, transform, rootDir: __dirname, testMatch: ['**/*.spec.ts'] };`;
    writeFileSync(join(folder, 'jest.config.cjs'), config);
    const run = spawnSync(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), '--json', '--ci'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...before, SALUS_DATA: folder },
    });
    expect(JSON.parse(run.stdout)).toMatchObject({ numPassedTests: 1, numPendingTests: 2, numFailedTests: 0 });
    expect(run.stderr).toContain('SALUS_DATA holds no absent.csv');
  });
});
