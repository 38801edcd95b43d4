module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/evaluation', rootDir: __dirname };
