/** The plain-JavaScript entry of start, test and bench, run as the processes they are, in small checkouts of their own. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const REPOSITORY = join(__dirname, '..', '..');
const urlOf = (file: string) => JSON.stringify(pathToFileURL(join(REPOSITORY, 'tools', file)).href);

describe('set-up', () => {
  let checkout: string;
  const write = (file: string, content: unknown) => {
    mkdirSync(dirname(join(checkout, file)), { recursive: true });
    writeFileSync(join(checkout, file), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const script = (name: string) =>
    `import { ${name} } from ${urlOf('setup.mjs')};
    await ${name}({ checkout: ${JSON.stringify(checkout)}, log: (line) => console.log(line) }).catch((error) => { console.log(error.message); process.exitCode = 1; });`;
  /** What a set-up step says and its exit code, in a process of its own. */
  const run = (name: string) => {
    const done = spawnSync(process.execPath, ['--input-type=module', '-e', script(name)], { encoding: 'utf8' });
    return { code: done.status, said: done.stdout + done.stderr };
  };

  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'salus-setup-'));
    write('package.json', { name: 'checkout', private: true, workspaces: ['libs/*'] });
    write('libs/one/package.json', { name: '@checkout/one', version: '1.0.0' });
  });
  afterEach(() => rmSync(checkout, { recursive: true, force: true }));

  describe('ensureInstalled', () => {
    const lock = () => spawnSync('npm', ['install', '--package-lock-only', '--offline'], { cwd: checkout, shell: process.platform === 'win32' });

    it('installs once, and again when the lock file or a dependency has changed', () => {
      lock();
      expect(run('ensureInstalled')).toMatchObject({ code: 0, said: expect.stringMatching(/npm ci \(node_modules is missing\): done/) });
      expect(existsSync(join(checkout, 'node_modules', '@checkout', 'one'))).toBe(true);
      expect(run('ensureInstalled')).toEqual({ code: 0, said: '' });
      write('libs/two/package.json', { name: '@checkout/two', version: '1.0.0' });
      lock();
      expect(run('ensureInstalled').said).toMatch(/npm ci \(node_modules\/@checkout\/two is not what package-lock.json says\): done/);
      expect(run('ensureInstalled')).toEqual({ code: 0, said: '' });
    });

    it('believes an npm that was run by hand', () => {
      spawnSync('npm', ['install', '--offline'], { cwd: checkout, shell: process.platform === 'win32' });
      expect(run('ensureInstalled')).toEqual({ code: 0, said: '' });
      write('libs/one/package.json', { name: '@checkout/one', version: '1.0.0', description: 'something else' });
      expect(run('ensureInstalled')).toEqual({ code: 0, said: '' });
    });

    it('falls back to npm install where the lock file does not fit', () => {
      lock();
      write('beside/package.json', { name: 'beside', version: '1.0.0' });
      write('libs/one/package.json', { name: '@checkout/one', version: '1.0.0', dependencies: { beside: 'file:../../beside' } });
      expect(run('ensureInstalled')).toMatchObject({ code: 0, said: expect.stringMatching(/npm ci .*failed[^]*npm install .*done/) });
      expect(existsSync(join(checkout, 'node_modules', 'beside', 'package.json'))).toBe(true);
    });

    it('shows the end of the log when npm fails, and tries again the next time', () => {
      write('libs/one/package.json', { name: '@checkout/one', version: '1.0.0', dependencies: { absent: 'file:../absent.tgz' } });
      expect(run('ensureInstalled')).toMatchObject({ code: 1, said: expect.stringMatching(/npm install failed:\n[^]*absent\.tgz/) });
      expect(run('ensureInstalled')).toMatchObject({ code: 1 });
    });

    it('installs once when two processes ask at the same time', async () => {
      lock();
      const said = await Promise.all(
        [1, 2].map(
          () =>
            new Promise<string>((resolve) => {
              const child = spawn(process.execPath, ['--input-type=module', '-e', script('ensureInstalled')], { stdio: ['ignore', 'pipe', 'inherit'] });
              let output = '';
              child.stdout.on('data', (bytes) => (output += bytes));
              child.once('close', (code) => resolve(`${output}exit ${code}`));
            }),
        ),
      );
      expect(said.join('\n').match(/npm ci .*: done/g)).toHaveLength(1);
      expect(said.every((output) => output.endsWith('exit 0'))).toBe(true);
    });

    it.each([
      ['18.20.0', false],
      ['20.18.3', false],
      ['20.19.0', true],
      ['21.7.0', false],
      ['22.11.0', false],
      ['22.12.0', true],
      ['24.0.0', true],
    ])('takes Node %s: %s', (version, fits) => {
      const check = `import { checkNode } from ${urlOf('setup/install.mjs')}; checkNode('${version}');`;
      const done = spawnSync(process.execPath, ['--input-type=module', '-e', check], { encoding: 'utf8' });
      expect(done.status === 0).toBe(fits);
      if (!fits) expect(done.stderr).toContain(`Salus needs Node 20.19, 22.12 or later; this is Node ${version}`);
    });
  });

  describe('ensureBuilt', () => {
    const config = (references: string[]) => ({
      extends: '../../tsconfig.base.json',
      compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/tsconfig.build.tsbuildinfo', types: [] },
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.spec.ts'],
      references: references.map((path) => ({ path: `../${path}/tsconfig.build.json` })),
    });

    beforeEach(() => {
      symlinkSync(join(REPOSITORY, 'node_modules'), join(checkout, 'node_modules'));
      write('tsconfig.base.json', readFileSync(join(REPOSITORY, 'tsconfig.base.json'), 'utf8'));
      write('libs/one/tsconfig.build.json', config([]));
      write('libs/one/src/index.ts', 'export const one = 1;\n');
      write('libs/one/src/gone.ts', 'export const gone = 1;\n');
      write('libs/empty/package.json', { name: '@checkout/empty' });
      write('libs/empty/tsconfig.build.json', config([]));
    });

    it('builds what changed, does nothing when nothing did, and removes outputs without a source', () => {
      expect(run('ensureBuilt')).toMatchObject({ code: 0, said: expect.stringContaining('building 1 projects: done') });
      expect(existsSync(join(checkout, 'libs/one/dist/gone.js'))).toBe(true);
      expect(run('ensureBuilt')).toEqual({ code: 0, said: '' });
      write('libs/one/src/index.spec.ts', 'not even TypeScript');
      expect(run('ensureBuilt')).toEqual({ code: 0, said: '' });
      rmSync(join(checkout, 'libs/one/src/gone.ts'));
      write('libs/one/src/index.ts', 'export const one = 11;\n');
      expect(run('ensureBuilt').said).toContain('done');
      expect(readFileSync(join(checkout, 'libs/one/dist/index.js'), 'utf8')).toContain('one = 11');
      expect(existsSync(join(checkout, 'libs/one/dist/gone.js'))).toBe(false);
    });

    it('builds again what somebody removed', () => {
      run('ensureBuilt');
      rmSync(join(checkout, 'libs/one/dist'), { recursive: true });
      expect(run('ensureBuilt').said).toContain('done');
      expect(existsSync(join(checkout, 'libs/one/dist/index.js'))).toBe(true);
    });

    it('shows the errors of the compiler, and tries again the next time', () => {
      write('libs/one/src/index.ts', "export const one: number = 'x';\n");
      const failed = { code: 1, said: expect.stringMatching(/the build failed:\nlibs\/one\/src\/index.ts\(1,14\): error TS2322/) };
      expect(run('ensureBuilt')).toMatchObject(failed);
      expect(run('ensureBuilt')).toMatchObject(failed);
    });

    it('sees a source of the same size with a newer time', () => {
      run('ensureBuilt');
      write('libs/one/src/index.ts', 'export const one = 2;\n');
      utimesSync(join(checkout, 'libs/one/src/index.ts'), 2e9, 2e9);
      expect(run('ensureBuilt').said).toContain('done');
      expect(readFileSync(join(checkout, 'libs/one/dist/index.js'), 'utf8')).toContain('one = 2');
    });
  });
});
