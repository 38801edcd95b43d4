/** `node tools/nx.mjs <arguments>`: Nx on a checkout whose packages are installed, without its daemon; the exit code is Nx's. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, root } from './setup.mjs';

try {
  await ensureInstalled({ log: (line) => console.error(line) });
  const nx = join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
  const done = spawnSync(process.execPath, [nx, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit', env: { ...process.env, NX_DAEMON: 'false' } });
  process.exitCode = done.status ?? 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
