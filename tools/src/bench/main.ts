/** The process behind `npm run bench`; `bench.mjs` starts it with the sources of the workspace instead of what was built. */
import { join } from 'node:path';
import { runBench } from './run-bench';

void runBench({
  root: join(__dirname, '..', '..', '..'),
  args: process.argv.slice(2),
  print: (text) => console.log(text),
  log: (line) => console.error(line),
}).then((code) => {
  process.exitCode = code;
});
