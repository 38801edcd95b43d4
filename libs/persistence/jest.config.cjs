module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/persistence', rootDir: __dirname };
