module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/contracts', rootDir: __dirname };
