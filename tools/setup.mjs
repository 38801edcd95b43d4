/**
 * What every entry (`npm start`, `npm test`, `npm run bench`) calls before anything else: a checkout on which nobody has run anything becomes one
 * with packages installed and projects built. Plain JavaScript on Node's built-ins, since at this moment nothing else is there.
 */
export { ensureBuilt } from './setup/build.mjs';
export { ensureInstalled } from './setup/install.mjs';
export { root } from './setup/root.mjs';
