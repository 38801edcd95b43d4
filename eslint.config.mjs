// The import rules of docs/ARCHITECTURE.md and the sizes of the house style, as lint.
import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

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

const constraints = (alsoTypes) => [
  ...Object.entries(REACH).map(([type, reach]) => ({
    sourceTag: `type:${type}`,
    onlyDependOnLibsWithTags: [...reach, 'base', ...alsoTypes].map((name) => `type:${name}`),
    ...(NEST_FREE.includes(type) ? { bannedExternalImports: PACKAGES.nest } : {}),
  })),
  ...SCOPES.map((scope) => ({ sourceTag: `scope:${scope}`, onlyDependOnLibsWithTags: [`scope:${scope}`, 'scope:shared'] })),
  { sourceTag: 'scope:shared', onlyDependOnLibsWithTags: ['scope:shared'] },
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
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 80, skipComments: true }],
      'max-params': ['error', { max: 3 }],
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
    languageOptions: {
      globals: Object.fromEntries(['process', 'console', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Buffer', 'URL', 'require', 'module', '__dirname', 'performance', 'TextEncoder', 'TextDecoder', 'fetch', 'AbortController'].map((name) => [name, 'readonly'])),
    },
  },
);
