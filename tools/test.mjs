/**
 * `npm test [-- <arguments of Jest>]`: installs and builds what is missing, finds nats-server, runs one Jest over all projects with two workers, and
 * ends with one line `N passed, N failed, N skipped`. Results are never taken from a cache; what Jest keeps is transformed source text.
 */
import { runTests } from './jest.mjs';
import { totalsLine } from './totals.mjs';

console.log(totalsLine(await runTests(['--maxWorkers=2', ...process.argv.slice(2)])));
