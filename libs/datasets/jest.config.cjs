module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/datasets', rootDir: __dirname };
