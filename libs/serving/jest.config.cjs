module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/serving', rootDir: __dirname };
