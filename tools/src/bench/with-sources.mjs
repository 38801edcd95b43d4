/** Starts a TypeScript file of this workspace in a process of its own, on sources instead of what was built, with this terminal. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureInstalled, root } from '../../setup.mjs';

const ENDING = ['SIGINT', 'SIGTERM'];

/**
 * Installs packages when they are missing, runs the file to its end and takes over its exit code.
 *
 * @param {string} file relative to the checkout
 * @param {string[]} args its arguments
 */
export async function runWithSources(file, args) {
  try {
    await ensureInstalled({ log: (line) => console.error(line) });
    // By its whole path, so that children of the file can start with the same flags in any folder.
    const loader = createRequire(join(root, 'package.json')).resolve('@swc-node/register');
    process.exitCode = await run(['--conditions=@salus/source', '-r', loader, join(root, file), ...args]);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

function run(words) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { cwd: root, stdio: 'inherit' });
    for (const signal of ENDING) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
