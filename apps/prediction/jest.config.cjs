module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/prediction', rootDir: __dirname };
