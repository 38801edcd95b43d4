module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/learners', rootDir: __dirname };
