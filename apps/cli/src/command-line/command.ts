/** What a command is: a plain object in a file of src/commands, from which the command line, its help and its checks follow. */
import type { JobView } from '@salus/contracts';
import type { Fault } from '@salus/fault';
import type { Client } from '@salus/messaging';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { ProgressReport } from '../terminal/progress';
import type { Style } from '../terminal/style';

/** What a running command has at hand. */
export interface CommandTools {
  /** Connects on the first call, so that a command finds its own mistakes before. */
  readonly connect: () => Promise<Client>;
  readonly progress: ProgressReport;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly stdin: Readable;
  /** Shows a job as progress, and remembers it for the moment of an interrupt. */
  readonly onChange: (job: JobView) => void;
  /** Tells that the platform is being waited for. */
  readonly onWait: (fault: Fault) => void;
}

/** An option in the form of commander: flags, what it means. */
export interface CommandOption {
  /** Such as `--dataset <version>`. */
  readonly flags: string;
  readonly about: string;
  /** Whether the command cannot do without it. */
  readonly isNeeded?: boolean;
}

export interface Command<Input extends z.ZodType = z.ZodType, Answer = unknown> {
  readonly kind: 'command';
  /** One or two words. */
  readonly name: string;
  /** The arguments, `<needed>` or `[optional]`, such as `<model> <version>`. */
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly CommandOption[];
  /** Arguments and options by name, checked before anything is sent. */
  readonly input: Input;
  /** Does the work; the answer is what --json prints. */
  readonly run: (input: z.output<Input>, tools: CommandTools) => Promise<Answer>;
  /** The answer as lines for a person. */
  readonly print: (answer: Answer, style: Style) => readonly string[];
}

/** Defines a command; arguments and options that are left out are none. */
export function defineCommand<Input extends z.ZodType, Answer>(
  input: Omit<Command<Input, Answer>, 'kind' | 'usage' | 'options'> & Partial<Pick<Command<Input, Answer>, 'usage' | 'options'>>,
): Command<Input, Answer> {
  return { kind: 'command', usage: '', options: [], ...input };
}
