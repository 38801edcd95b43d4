/**
 * The data engine: one DuckDB in memory, with bounded memory and threads and no way out. Every setting that DuckDB would guess
 * from the machine is given, extensions are neither loaded nor installed, files outside the stated folders are refused, and the
 * configuration is locked before the first statement of a caller runs. Source: DuckDB manual, "Securing DuckDB".
 * Limits: the folder check looks at paths, not at where a symbolic link leads.
 */
import { mkdir, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { Fault, type FaultCode } from '@salus/fault';
import { sqlText } from './sql';

export interface EngineOptions {
  /** Memory DuckDB may hold before it spills to the temporary folder, in MiB, 64 or more. */
  readonly memoryLimitMb: number;
  /** Worker threads, 1 or more; results and files do not depend on it. */
  readonly threads: number;
  /** Where larger work spills; created when missing. Files in it may be read and written. */
  readonly temporaryFolder: string;
  /** Further folders whose Parquet files may be read and written. */
  readonly folders?: readonly string[];
}

/** An open engine; several operations may run on it at the same time. */
export class Engine {
  private closed = false;

  constructor(private readonly instance: DuckDBInstance) {}

  /**
   * Runs work on a connection of its own and ends the connection afterwards. For this room only.
   *
   * @param doing what is attempted, for the text of a fault, such as `writing the table`
   * @throws Fault CANCELLED when the signal fires, else what {@link engineFault} makes of the error
   */
  async use<T>(doing: string, work: (connection: DuckDBConnection) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.closed) throw new Fault('UNAVAILABLE', `${doing}: the data engine is closed`);
    refuseWhenCancelled(signal);
    const connection = await this.instance.connect();
    const interrupt = (): void => connection.interrupt();
    signal?.addEventListener('abort', interrupt);
    try {
      return await work(connection);
    } catch (error) {
      refuseWhenCancelled(signal);
      throw engineFault(error, doing);
    } finally {
      signal?.removeEventListener('abort', interrupt);
      connection.closeSync();
    }
  }

  /** Ends the engine and frees its memory; calling it again does nothing. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.instance.closeSync();
  }
}

/**
 * Opens an in-memory engine.
 *
 * @throws Fault CONFIGURATION when a limit is not a positive whole number or DuckDB refuses a setting
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { memoryLimitMb, threads } = options;
  if (!Number.isInteger(memoryLimitMb) || memoryLimitMb < 64) throw new Fault('CONFIGURATION', `memoryLimitMb: expected a whole number of 64 or more, received ${memoryLimitMb}`);
  if (!Number.isInteger(threads) || threads < 1) throw new Fault('CONFIGURATION', `threads: expected a whole number of 1 or more, received ${threads}`);
  const temporaryFolder = resolve(options.temporaryFolder);
  await mkdir(temporaryFolder, { recursive: true });
  const folders = [temporaryFolder, ...(options.folders ?? []).map((folder) => resolve(folder))];
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: `${memoryLimitMb}MiB`, threads: String(threads), temp_directory: temporaryFolder });
  try {
    await lockDown(instance, folders);
  } catch (error) {
    instance.closeSync();
    throw new Fault('CONFIGURATION', 'the data engine refused its settings', {}, error);
  }
  return new Engine(instance);
}

async function lockDown(instance: DuckDBInstance, folders: readonly string[]): Promise<void> {
  const connection = await instance.connect();
  const allowed = folders.map((folder) => sqlText(folder.endsWith(sep) ? folder : folder + sep)).join(', ');
  for (const statement of [
    'SET autoload_known_extensions = false',
    'SET autoinstall_known_extensions = false',
    'SET allow_community_extensions = false',
    'SET preserve_insertion_order = true',
    `SET allowed_directories = [${allowed}]`,
    'SET enable_external_access = false',
    'SET lock_configuration = true',
  ])
    await connection.run(statement);
  connection.closeSync();
}

const CODE_OF_CLASS: Readonly<Record<string, FaultCode>> = {
  'Interrupt Error': 'CANCELLED',
  'Permission Error': 'FORBIDDEN',
  'Conversion Error': 'INVALID_DATA',
  'Invalid Input Error': 'INVALID_DATA',
  'Binder Error': 'INVALID_DATA',
  'IO Error': 'UNAVAILABLE',
  'Out of Memory Error': 'TOO_LARGE',
};

/** A fault for an error of DuckDB. Only the class of the error is kept: its text may quote a value of a patient. */
export function engineFault(error: unknown, doing: string): Fault {
  if (Fault.is(error)) return error;
  const text = String((error as { message?: unknown } | null)?.message ?? '');
  const errorClass = Object.keys(CODE_OF_CLASS).find((name) => text.startsWith(name));
  if (!errorClass) return new Fault('INTERNAL', `${doing}: the data engine failed`, { errorClass: /^[A-Za-z ]{1,40} Error/.exec(text)?.[0] ?? 'unknown' });
  return new Fault(CODE_OF_CLASS[errorClass], `${doing}: the data engine answered "${errorClass}"`, { errorClass });
}

/** @throws Fault CANCELLED when the signal has fired */
export function refuseWhenCancelled(signal?: AbortSignal): void {
  if (signal?.aborted) throw new Fault('CANCELLED', 'the work on the table was cancelled');
}

/** @throws Fault NOT_FOUND when there is no file at the path */
export async function expectFile(path: string, what: string): Promise<void> {
  const found = await stat(path).then((entry) => entry.isFile(), () => false);
  if (!found) throw new Fault('NOT_FOUND', `${what}: there is no such file`, { what });
}
