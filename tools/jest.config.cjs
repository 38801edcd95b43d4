module.exports = { ...require('../jest.preset.cjs'), displayName: '@salus/tools', rootDir: __dirname };
