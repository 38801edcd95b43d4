module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/training', rootDir: __dirname };
