/** Runs a command under one line of progress with elapsed seconds; its output is shown only when it fails. */
import { spawn } from 'node:child_process';

const SHOWN_LINES = 30;
const OUTPUT_LIMIT = 200_000;
const QUIET_INTERVAL_MS = 15_000;

/**
 * @param {object} options
 * @param {string} options.label what is being done, such as `installing packages`
 * @param {string} options.command executable
 * @param {string[]} options.args
 * @param {string} options.cwd
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {(line: string) => void} options.log takes whole lines
 * @returns {Promise<{ code: number, output: string, tail: string }>} exit code (127 when it could not be run), both outputs, and their last 30 lines
 */
export async function runWithProgress({ label, command, args, cwd, env = process.env, log }) {
  const progress = startProgress(label, log);
  let output = '';
  const code = await new Promise((resolve) => {
    // Windows runs npm.cmd through a shell only.
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], shell: command.endsWith('.cmd') });
    const collect = (bytes) => (output = (output + bytes).slice(-OUTPUT_LIMIT));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => {
      collect(`${error.message}\n`);
      resolve(127);
    });
    child.once('close', (exitCode) => resolve(exitCode ?? 1));
  });
  progress.end(code === 0 ? 'done' : 'failed');
  return { code, output, tail: output.trim().split('\n').slice(-SHOWN_LINES).join('\n') };
}

/** On a terminal one line that counts seconds; elsewhere a line at the start, one every 15 s, and one at the end. */
function startProgress(label, log) {
  const began = performance.now();
  const elapsed = () => `${((performance.now() - began) / 1000).toFixed(0)} s`;
  const terminal = process.stderr.isTTY === true;
  const show = terminal ? () => process.stderr.write(`\r${label} … ${elapsed()} `) : () => log(`${label} … ${elapsed()}`);
  show();
  const timer = setInterval(show, terminal ? 1_000 : QUIET_INTERVAL_MS);
  return {
    end: (outcome) => {
      clearInterval(timer);
      if (terminal) process.stderr.write('\r\u001b[K');
      log(`${label}: ${outcome} (${elapsed()})`);
    },
  };
}
