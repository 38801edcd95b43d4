/**
 * `npm start [-- options]`: installs and builds what is missing, then hands over to the built program. Plain JavaScript on
 * Node's own modules, because at this moment nothing may be installed.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './setup.mjs';

const log = (line) => console.error(line);

try {
  await ensureInstalled({ log });
  await ensureBuilt({ log });
  const { start } = createRequire(import.meta.url)(join(root, 'tools', 'dist', 'start', 'start.js'));
  process.exitCode = await start({ root, args: process.argv.slice(2), log });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
