module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/registry', rootDir: __dirname };
