// One root Jest over all projects: exact totals, results never taken from a cache.
// Jest takes the time limit of a test from the root alone; that of the preset holds when a project is run by itself.
const { testTimeout } = require('./jest.preset.cjs');

module.exports = { projects: ['<rootDir>/libs/*', '<rootDir>/apps/*', '<rootDir>/tools'], testTimeout };
