// The import rules of docs/ARCHITECTURE.md and the sizes of the house style, as lint.
// The boundary rule reads the project graph that Nx caches, and without one it only prints a warning and passes everything. `npm run lint` runs
// under Nx, which makes the graph first; for a bare `eslint` it is made here, and lint fails when that is not possible.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const require = createRequire(import.meta.url);
const { readCachedProjectGraph } = createRequire(require.resolve('@nx/eslint-plugin'))('@nx/devkit');

const PACKAGES = {
  nats: ['@nats-io/*', '@nestjs/microservices'],
  nest: ['@nestjs/*'],
  sql: ['typeorm', '@nestjs/typeorm', 'pg'],
  duckdb: ['@duckdb/*'],
  tensors: ['@tensorflow/*', 'gpu.js', 'webgpu', 'onnxruntime-node', 'onnxruntime-common'],
};
const NEST_FREE = ['contract', 'domain', 'kernel', 'runtime', 'base'];
const MAY_IMPORT = {
  nats: ['messaging'],
  sql: ['persistence', 'jobs', 'serving', 'ingestion', 'preprocessing', 'training', 'diagnosis', 'prediction', 'recommendation'],
  duckdb: ['datasets'],
  tensors: ['compute', 'kernels', 'learners'],
};
const ROOMS = [
  'fault', 'local', 'contracts', 'messaging', 'persistence', 'jobs', 'observability', 'registry', 'serving', 'datasets', 'features', 'learners',
  'evaluation', 'kernels', 'compute', 'testkit', 'ingestion', 'preprocessing', 'training', 'diagnosis', 'prediction', 'recommendation', 'cli',
];
const REACH = {
  app: ['contract', 'platform', 'adapter', 'domain', 'runtime'],
  platform: ['contract', 'platform'],
  adapter: ['contract', 'platform', 'adapter', 'domain', 'runtime'],
  domain: ['contract', 'domain', 'kernel', 'runtime'],
  kernel: ['kernel', 'runtime'],
  contract: ['contract'],
  runtime: ['runtime'],
  testkit: [],
  base: [],
};
const SCOPES = ['ingestion', 'preprocessing', 'training', 'diagnosis', 'prediction', 'recommendation', 'cli'];

/** Makes the project graph when Nx has none; throws when it cannot. A graph that is there may miss a new project: `npm run lint` renews it. */
function ensureProjectGraph() {
  // Nx itself loads this file while it makes the graph; then there is none to wait for.
  if (!/eslint(\.js)?$|lint-sources\.mjs$/.test(process.argv[1] ?? '')) return;
  try {
    readCachedProjectGraph();
  } catch {
    const file = join(tmpdir(), `salus-graph-${process.pid}.json`);
    const environment = { ...process.env, NX_DAEMON: 'false' };
    execFileSync(process.execPath, [require.resolve('nx/bin/nx.js'), 'graph', `--file=${file}`], { cwd: import.meta.dirname, stdio: ['ignore', 'ignore', 'inherit'], env: environment });
    rmSync(file, { force: true });
    readCachedProjectGraph();
  }
}
ensureProjectGraph();

const SIZES = {
  'max-lines': ['error', { max: 400 }],
  'max-lines-per-function': ['error', { max: 80, skipComments: true }],
  'max-params': ['error', { max: 3 }],
};
const constraints = (alsoTypes) => [
  ...Object.entries(REACH).map(([type, reach]) => ({
    sourceTag: `type:${type}`,
    onlyDependOnLibsWithTags: [...reach, 'base', ...alsoTypes].map((name) => `type:${name}`),
    ...(NEST_FREE.includes(type) ? { bannedExternalImports: PACKAGES.nest } : {}),
  })),
  ...SCOPES.map((scope) => ({ sourceTag: `scope:${scope}`, onlyDependOnLibsWithTags: [`scope:${scope}`, 'scope:shared'] })),
  { sourceTag: 'scope:shared', onlyDependOnLibsWithTags: ['scope:shared'] },
  // Tools may import all, and nobody imports tools: no other tag lists theirs.
  { sourceTag: 'scope:tools', onlyDependOnLibsWithTags: ['*'] },
  ...ROOMS.map((room) => ({
    sourceTag: `room:${room}`,
    bannedExternalImports: Object.entries(MAY_IMPORT).flatMap(([kind, rooms]) => (rooms.includes(room) ? [] : PACKAGES[kind])),
  })),
];
const boundaries = (alsoTypes = []) => ({
  '@nx/enforce-module-boundaries': ['error', { enforceBuildableLibDependency: true, allow: [], depConstraints: constraints(alsoTypes) }],
});

export default tseslint.config(
  { ignores: ['**/dist', '**/out-tsc', '**/node_modules', '.nx', '.salus', 'coverage'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommended],
    plugins: { '@nx': nx },
    rules: {
      ...boundaries(),
      '@typescript-eslint/no-explicit-any': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      ...SIZES,
    },
  },
  {
    files: ['**/*.spec.ts', '**/*.bench.ts', '**/*.conformance.ts'],
    rules: { ...boundaries(['testkit']), 'max-lines-per-function': 'off' },
  },
  { files: ['**/*.controller.ts', '**/*.module.ts', '**/*.migration.ts'], rules: { '@typescript-eslint/no-extraneous-class': 'off' } },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    extends: [js.configs.recommended],
    rules: { ...SIZES, 'no-empty': ['error', { allowEmptyCatch: false }] },
    languageOptions: {
      globals: Object.fromEntries(['process', 'console', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Buffer', 'URL', 'require', 'module', '__dirname', 'performance', 'TextEncoder', 'TextDecoder', 'fetch', 'AbortController'].map((name) => [name, 'readonly'])),
    },
  },
);
