/** Runs what was typed: reads it, connects, does it, prints the answer or the fault, and gives the exit code. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isEnded, type JobView } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { validate, type Client } from '@salus/messaging';
import { CommanderError } from 'commander';
import { throwIfEnded } from '../client/patience';
import { checkArgument, wrongArgument } from '../client/wrong-argument';
import { commandPrefix, findPlatform, readSettings } from '../config';
import { exitCodeOf, EXIT_CODES } from '../terminal/exit-code';
import { faultDetailLines, faultJson, faultLine } from '../terminal/fault-lines';
import { ProgressReport } from '../terminal/progress';
import { styleOf, takesColour, type Style } from '../terminal/style';
import { connectTo } from './connect';
import { JobProgress } from './job-progress';
import { buildProgram, type Call } from './program';
import { scanCommands } from './scan';
import type { Output, Surroundings } from './surroundings';

const CLOSE_MS = 2_000;
const DEFAULT_COLUMNS = 80;

/**
 * Runs one command line.
 * @param words what was typed after `salus`
 * @returns the exit code; it never throws
 */
export async function runCli(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const session = openSession(surroundings, words.includes('--json'));
  const { stdout, stderr } = surroundings;
  const print = { writeOut: (text: string) => void stdout.write(text), writeErr: (text: string) => void stderr.write(text), style: styleFor(stdout, surroundings) };
  const program = buildProgram(scanCommands(), (call) => execute(call, session), print);
  try {
    await program.parseAsync(words, { from: 'user' });
    return EXIT_CODES.ok.code;
  } catch (error) {
    return tell(error, session);
  }
}

interface Session {
  readonly surroundings: Surroundings;
  readonly isJson: boolean;
  readonly progress: ProgressReport;
  readonly jobs: JobProgress;
}

function openSession(surroundings: Surroundings, isJson: boolean): Session {
  const { stderr } = surroundings;
  const progress = new ProgressReport({
    write: (text) => void stderr.write(text),
    isTerminal: stderr.isTTY === true,
    columns: () => stderr.columns ?? DEFAULT_COLUMNS,
    style: styleFor(stderr, surroundings),
    now: () => performance.now(),
  });
  return { surroundings, isJson, progress, jobs: new JobProgress(progress) };
}

function styleFor(output: Output, { environment }: Surroundings) {
  return styleOf(takesColour(output.isTTY === true, readSettings(environment)), commandPrefix(environment));
}

async function execute({ command, given, common }: Call, session: Session): Promise<void> {
  const { surroundings, progress, jobs } = session;
  const { stdout, stdin, interrupt, environment, folder } = surroundings;
  const input = checkArgument(() => validate(command.input, given, 'command line'));
  let connecting: Promise<Client> | undefined;
  const connect = (): Promise<Client> => {
    connecting ??= findPlatform({ options: common, environment, folder }).then((platform) => connectTo(platform, interrupt));
    return connecting;
  };
  try {
    const told = { onChange: (job: JobView) => jobs.show(job), onWait: (fault: Fault) => jobs.wait(fault) };
    const working = command.run(input, { connect, progress, signal: interrupt, stdin, ...told });
    const answer = await Promise.race([working, untilInterrupted(interrupt)]);
    progress.end();
    const lines = common.json ? [JSON.stringify(answer, null, 2)] : command.print(answer, styleFor(stdout, surroundings));
    stdout.write(`${lines.join('\n')}\n`);
  } finally {
    progress.end();
    await close(connecting);
  }
}

function untilInterrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => {
      try {
        throwIfEnded(signal);
      } catch (fault) {
        reject(fault);
      }
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
}

/** A connection that does not end in time is left to the end of the process. */
async function close(connecting: Promise<Client> | undefined): Promise<void> {
  const client = await connecting?.catch(() => undefined);
  if (client) await Promise.race([client.close(), sleep(CLOSE_MS, undefined, { ref: false })]);
}

function tell(error: unknown, session: Session): number {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT_CODES.ok.code;
  const { surroundings, isJson, jobs } = session;
  if (surroundings.interrupt.aborted) {
    surroundings.stderr.write(`${interruptLine(jobs.last, styleFor(surroundings.stderr, surroundings))}\n`);
    return EXIT_CODES.interrupted.code;
  }
  const fault = error instanceof CommanderError ? usageFault(error) : Fault.is(error) ? error : unexpected(error);
  if (isJson) surroundings.stdout.write(`${JSON.stringify(faultJson(fault), null, 2)}\n`);
  const lines = [faultLine(fault, styleFor(surroundings.stderr, surroundings)), ...(isJson ? [] : faultDetailLines(fault))];
  surroundings.stderr.write(`${lines.join('\n')}\n`);
  return exitCodeOf(fault);
}

function usageFault(error: CommanderError): Fault {
  const text = error.code.startsWith('commander.help') ? 'no command was given' : error.message.replace(/^error: /, '').replace(/\s+/g, ' ');
  return wrongArgument('INVALID_REQUEST', text);
}

/** Here the person is the operator of this program, so the cause is told. */
function unexpected(error: unknown): Fault {
  return new Fault('INTERNAL', `the salus command failed: ${error instanceof Error ? error.message : String(error)}`, {}, error);
}

function interruptLine(job: JobView | undefined, { command }: Style): string {
  if (!job || isEnded(job.state)) return 'interrupted; the same command goes on where this one stopped';
  return `interrupted; job ${job.id} goes on: "${command(`jobs ${job.id} --watch`)}" follows it, "${command(`jobs cancel ${job.id}`)}" ends it`;
}
