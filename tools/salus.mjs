/**
 * `npm run -s salus -- <command>`: hands over to the built command line, in this process, with the same arguments. Plain
 * JavaScript on Node's own modules, because before the first `npm start` nothing is built.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The exit code of the command line for a platform that cannot be reached. */
const NO_PLATFORM = 3;
const program = fileURLToPath(new URL('../apps/cli/dist/main.js', import.meta.url));

if (existsSync(program)) {
  createRequire(import.meta.url)(program);
} else {
  console.error('Salus is not built yet: run npm start first');
  process.exitCode = NO_PLATFORM;
}
