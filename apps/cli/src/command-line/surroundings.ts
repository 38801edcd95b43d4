/** What a command may touch of the machine around it. Tests give their own streams; nothing else reads the process. */
import type { Readable, Writable } from 'node:stream';

/** A stream to a person or a program. */
export type Output = Pick<Writable, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };

export interface Surroundings {
  /** The answer, alone. */
  readonly stdout: Output;
  /** Progress and faults. */
  readonly stderr: Output;
  readonly stdin: Readable;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder the command was called in. */
  readonly folder: string;
  /** Fires when the person presses Ctrl-C. */
  readonly interrupt: AbortSignal;
}

/** The surroundings of this process. Ctrl-C is taken once; a second one ends the process at once. */
export function processSurroundings(): Surroundings {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  // A reader that went away, such as `head`, is no fault of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return { stdout: process.stdout, stderr: process.stderr, stdin: process.stdin, environment: process.env, folder: process.cwd(), interrupt: interrupt.signal };
}

/** Ends this process when all that was written has left it. */
export function endProcess(exitCode: number): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
}
