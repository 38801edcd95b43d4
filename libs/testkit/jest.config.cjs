module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/testkit', rootDir: __dirname };
