// One root Jest over all projects: exact totals, results never taken from a cache.
module.exports = { projects: ['<rootDir>/libs/*', '<rootDir>/apps/*', '<rootDir>/tools'] };
