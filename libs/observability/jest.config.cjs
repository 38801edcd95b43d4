module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/observability', rootDir: __dirname };
