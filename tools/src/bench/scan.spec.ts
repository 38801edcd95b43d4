import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { scanSuites } from './scan';

const REPOSITORY = join(__dirname, '..', '..', '..');

describe('the scan for benchmarks', () => {
  let root: string;
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'salus-scan-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('finds files in libraries, apps and tools at any depth, sorted by suite', () => {
    write('libs/one/src/deep/er/zebra.bench.ts', "export const suite = 'zebra';\n");
    write('apps/two/src/two.bench.ts', '/** Words. */\nimport x from "y";\n\nexport const suite = "apple-pie";\n');
    write('tools/src/tool.bench.ts', "export const suite: string = 'never';\nexport const suite = 'tool';\n");
    expect(scanSuites(root)).toEqual([
      { name: 'apple-pie', files: ['apps/two/src/two.bench.ts'] },
      { name: 'tool', files: ['tools/src/tool.bench.ts'] },
      { name: 'zebra', files: ['libs/one/src/deep/er/zebra.bench.ts'] },
    ]);
  });

  it('puts files that name the same suite together, in order', () => {
    write('libs/kernels/src/top-k/top-k.bench.ts', "export const suite = 'kernels';\n");
    write('libs/kernels/src/cosine/cosine.bench.ts', "export const suite = 'kernels';\n");
    expect(scanSuites(root)).toEqual([{ name: 'kernels', files: ['libs/kernels/src/cosine/cosine.bench.ts', 'libs/kernels/src/top-k/top-k.bench.ts'] }]);
  });

  it('looks neither into outputs and packages nor at other files', () => {
    for (const folder of ['libs/one/dist', 'libs/one/out-tsc/spec/src', 'node_modules/one/src', 'docs']) write(`${folder}/a.bench.ts`, "export const suite = 'a';\n");
    for (const name of ['a.ts', 'a.spec.ts', 'a.bench.js', 'bench.ts']) write(`libs/one/src/${name}`, "export const suite = 'a';\n");
    expect(scanSuites(root)).toEqual([]);
  });

  it.each([
    ['no suite', 'export const name = 1;\n'],
    ['a suite in a comment', "// export const suite = 'a';\n"],
    ['a suite that is no literal', 'export const suite = NAME;\n'],
    ['a name that a command line would not take', "export const suite = 'Two Words';\n"],
    ['quotes that do not match', 'export const suite = \'a";\n'],
  ])('refuses %s and names the file', (_what, text) => {
    write('libs/one/src/broken.bench.ts', text);
    expect(() => scanSuites(root)).toThrow(expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringContaining('libs/one/src/broken.bench.ts') }));
  });

  it('reads in every benchmark of this checkout the name that it exports, and finds them all', () => {
    const all = (readdirSync(join(REPOSITORY, 'libs'), { recursive: true, encoding: 'utf8' }) as string[])
      .filter((path) => path.endsWith('.bench.ts') && !path.includes('node_modules'))
      .map((path) => `libs/${path.replaceAll('\\', '/')}`);
    const found = scanSuites(REPOSITORY);
    expect(found.flatMap(({ files }) => files)).toEqual(expect.arrayContaining(all));
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(['ingest']));
    for (const { name, files } of found)
      for (const file of files) expect(readFileSync(join(REPOSITORY, file), 'utf8')).toMatch(new RegExp(`^export const suite = '${name}';$`, 'm'));
  });
});
