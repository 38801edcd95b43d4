module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/preprocessing', rootDir: __dirname };
