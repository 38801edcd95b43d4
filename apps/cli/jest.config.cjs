module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/cli', rootDir: __dirname };
