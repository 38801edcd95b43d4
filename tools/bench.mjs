/**
 * `npm run bench [-- <suite>] [--json]`: lists the benchmarks or runs one suite, on the sources, so that no stale build is timed. Child processes of
 * a benchmark start with the same flags (`process.execArgv`). Under `npm run -s` standard output is the result alone; progress goes to standard error.
 */
import { runWithSources } from './src/bench/with-sources.mjs';

await runWithSources('tools/src/bench/main.ts', process.argv.slice(2));
