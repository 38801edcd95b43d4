module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/features', rootDir: __dirname };
