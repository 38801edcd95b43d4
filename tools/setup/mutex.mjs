/**
 * One process at a time, by a file that names its holder; a holder that died does not block. (libs/local has the same for later: it is TypeScript
 * and not built yet here.) The file appears with its text in one step, since `link` fails when the name is taken.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const POLL_MS = 200;

/**
 * Runs `work` while no other process runs under the same file.
 *
 * @template T
 * @param {string} file
 * @param {(line: string) => void} log is told once when another process has to be waited for
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(file, log, work) {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const mine = JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) });
  for (let told = false; !create(file, mine); ) {
    const theirs = read(file);
    if (theirs !== undefined && !isAlive(theirs)) discard(file, theirs);
    else {
      if (!told && theirs !== undefined) log(`waiting for process ${JSON.parse(theirs).pid}, which is setting up this checkout (${file})`);
      told ||= theirs !== undefined;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  try {
    return await work();
  } finally {
    if (read(file) === mine) rmSync(file, { force: true });
  }
}

function create(file, text) {
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, text, { mode: 0o600 });
  try {
    linkSync(fresh, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** Of two that remove a dead holder's file one moves it away; had it been replaced meanwhile, it is put back. */
function discard(file, text) {
  const aside = `${file}.${process.pid}.aside`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (read(aside) === text) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

function isAlive(text) {
  let holder;
  try {
    holder = JSON.parse(text);
    process.kill(holder.pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return startTimeOf(holder.pid) === holder.startTime;
}

/** Tells a process from a later one with the same id, where /proc says when it began; elsewhere the id has to do. */
function startTimeOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat === undefined ? '' : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '');
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
