module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/jobs', rootDir: __dirname };
