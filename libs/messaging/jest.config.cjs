module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/messaging', rootDir: __dirname };
