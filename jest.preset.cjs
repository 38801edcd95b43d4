// Nest 12 is ESM-only: in Jest's CommonJS runtime its files go through swc too (cached after the first run).
const swc = JSON.parse(require('node:fs').readFileSync(`${__dirname}/.swcrc`, 'utf8'));

module.exports = {
  testEnvironment: 'node',
  // A bound for what hangs, not a claim about speed: the tests run on loaded machines too.
  testTimeout: 60_000,
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
  transform: { '^.+\\.m?[tj]s$': ['@swc/jest', { ...swc, swcrc: false }] },
  transformIgnorePatterns: ['/node_modules/(?!@nestjs/)'],
  testEnvironmentOptions: { customExportConditions: ['@salus/source', 'node', 'node-addons', 'require', 'default'] },
};
