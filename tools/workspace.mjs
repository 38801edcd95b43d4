// Writes each project's tsconfig files and jest.config.cjs from its package.json, so that references never drift.
// `node tools/workspace.mjs` writes; `--check` writes nothing and exits 1 naming what differs.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const json = (value) => JSON.stringify(value, null, 2) + '\n';

/** Every workspace project: folder relative to the root and parsed package.json. */
export function projects() {
  const inside = (folder) => readdirSync(join(root, folder)).sort().map((name) => `${folder}/${name}`);
  return [...inside('libs'), ...inside('apps'), 'tools']
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) }));
}

function filesOf({ folder, manifest }, folderOf) {
  const up = relative(folder, '');
  const references = (names) =>
    Object.keys(names ?? {}).filter((name) => folderOf.has(name)).map((name) => ({ path: `${relative(folder, folderOf.get(name))}/tsconfig.build.json` }));
  const build = references(manifest.dependencies);
  const spec = [...build, ...references(manifest.devDependencies), { path: './tsconfig.build.json' }];
  const specFiles = ['src/**/*.spec.ts', 'src/**/*.bench.ts', 'src/**/*.conformance.ts'];
  return {
    'tsconfig.json': json({ extends: `${up}/tsconfig.base.json`, files: [], include: [], references: [{ path: './tsconfig.build.json' }, { path: './tsconfig.spec.json' }] }),
    'tsconfig.build.json': json({
      extends: `${up}/tsconfig.base.json`,
      compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/tsconfig.build.tsbuildinfo' },
      include: ['src/**/*.ts'],
      exclude: specFiles,
      references: build,
    }),
    'tsconfig.spec.json': json({
      extends: `${up}/tsconfig.base.json`,
      compilerOptions: { outDir: 'out-tsc/spec', tsBuildInfoFile: 'out-tsc/spec/tsconfig.spec.tsbuildinfo', types: ['node', 'jest'] },
      include: specFiles,
      references: spec,
    }),
    'jest.config.cjs': `module.exports = { ...require('${up}/jest.preset.cjs'), displayName: '${manifest.name}', rootDir: __dirname };\n`,
  };
}

/** Path → text of every derived file. */
export function derived() {
  const all = projects();
  const folderOf = new Map(all.map((project) => [project.manifest.name, project.folder]));
  const files = new Map();
  for (const project of all)
    for (const [name, text] of Object.entries(filesOf(project, folderOf))) files.set(`${project.folder}/${name}`, text);
  files.set('tsconfig.json', json({ extends: './tsconfig.base.json', files: [], references: all.map(({ folder }) => ({ path: `./${folder}` })) }));
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes('--check');
  const stale = [];
  for (const [file, text] of derived()) {
    const path = join(root, file);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    stale.push(file);
    if (check) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  if (check && stale.length > 0) {
    console.error(`stale: ${stale.join(', ')}\nrun: node tools/workspace.mjs`);
    process.exitCode = 1;
  }
}
