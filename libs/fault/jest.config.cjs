module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/fault', rootDir: __dirname };
