/**
 * `npm run bench:peers`: installs the Debian packages that the benchmarks name as their peers (`export const peers`); as root without asking,
 * otherwise it prints the command.
 */
import { runWithSources } from './src/bench/with-sources.mjs';

await runWithSources('tools/src/bench/peers.main.ts', process.argv.slice(2));
