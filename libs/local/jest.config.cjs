module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/local', rootDir: __dirname };
