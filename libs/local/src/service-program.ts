import { request } from 'node:http';
import { join } from 'node:path';
import type { Program } from './program';

/** One service as a child process. */
export interface ServiceOptions {
  /** Its name, such as `prediction`. */
  readonly name: string;
  /** The file that Node runs. */
  readonly entry: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Port of its health page; given to it as HEALTH_PORT. */
  readonly healthPort: number;
  /** Folder of `<name>.log`. */
  readonly logFolder: string;
}

const REQUEST_TIMEOUT_MS = 1_000;

/**
 * The program of a service; it is ready when its health port answers 200 on `/ready`, and it is given 30 s when it is ended: a worker lets its jobs go on
 * for 20 s and then gives them back, which takes a moment more.
 */
export function serviceProgram({ name, entry, cwd, env, healthPort, logFolder }: ServiceOptions): Program {
  return {
    name,
    command: process.execPath,
    args: ['--enable-source-maps', entry],
    cwd,
    env: { ...env, HEALTH_PORT: String(healthPort) },
    logFile: join(logFolder, `${name}.log`),
    ready: () => answersReady(healthPort),
    stopGraceMs: 30_000,
  };
}

/** Whether `GET http://127.0.0.1:<port>/ready` answers 200. */
export function answersReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/ready', timeout: REQUEST_TIMEOUT_MS, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(false));
    asked.end();
  });
}
