import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The file name of a program on this platform. */
export function programFile(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

/** The first executable file of this name in the folders of PATH and then in the given ones, or undefined. */
export function findExecutable(name: string, env: NodeJS.ProcessEnv, alsoIn: readonly string[] = []): string | undefined {
  const folders = [...(env.PATH ?? '').split(delimiter), ...alsoIn].filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, programFile(name))).find(isExecutable);
}

/** Whether the path is a file that this process may execute. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
