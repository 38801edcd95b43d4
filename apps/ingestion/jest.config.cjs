module.exports = { ...require('../../jest.preset.cjs'), displayName: '@salus/ingestion', rootDir: __dirname };
