/** The command line, made from the definitions of the commands by commander. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command as Node, Option, type Argument, type Help } from 'commander';
import { EXIT_CODES } from '../terminal/exit-code';
import { COMMAND_NAME, type Style } from '../terminal/style';
import type { Command, CommandOption } from './command';

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly nats?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly inboxPrefix?: string;
}

const COMMON_OPTIONS: readonly CommandOption[] = [
  { flags: '--json', about: 'print the answer as JSON' },
  { flags: '--nats <url>', about: 'NATS server of the platform: nats://host:port' },
  { flags: '--user <name>', about: 'NATS user' },
  { flags: '--password-file <file>', about: 'file with the password of that user' },
  { flags: '--inbox-prefix <prefix>', about: 'prefix under which that user may receive; _INBOX_<user> if left out' },
];

/** A command as it was called: its own arguments and options by name, and the common ones. */
export interface Call {
  readonly command: Command;
  readonly given: Readonly<Record<string, unknown>>;
  readonly common: CommonOptions;
}

/** Where help is written. */
export interface HelpOutput {
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  /** How commands are typed where the help is read. */
  readonly style: Style;
}

const PACKAGE_FILE = join(__dirname, '..', '..', 'package.json');
const ABOUT_EXIT_CODES = Object.values(EXIT_CODES)
  .map(({ code, meaning }) => `  ${String(code).padEnd(5)}${meaning}`)
  .join('\n');

const ABOUT = ({ command }: Style): string => `
The platform is the one that --nats or SALUS_NATS_URL names (with SALUS_NATS_USER, SALUS_NATS_PASSWORD,
SALUS_INBOX_PREFIX), else the one that "npm start" runs in this folder or one above it.
With --json the answer, also a fault, is JSON on standard output; progress goes to standard error.

Exit codes:
${ABOUT_EXIT_CODES}

From a file to a prediction:
  ${command('datasets add patients.csv --model blood-pressure')}
  ${command('train blood-pressure --watch')}
  ${command('promote blood-pressure 1')}
  ${command(`predict blood-pressure '{"age": 59, "sex": 2, "s1": 157, "s6": 87}'`)}
`;

/**
 * The parser of the command line.
 * @param execute called with what was typed
 * @param help where help goes: to standard output when it was asked for, else to standard error
 */
export function buildProgram(commands: readonly Command[], execute: (call: Call) => Promise<void>, { style, ...print }: HelpOutput): Node {
  const program = new Node(COMMAND_NAME);
  program
    .description('Datasets, models and predictions of a Salus platform.')
    .version((JSON.parse(readFileSync(PACKAGE_FILE, 'utf8')) as { version: string }).version)
    .addHelpText('after', ABOUT(style))
    .configureHelp(flatHelp)
    .configureOutput({ ...print, outputError: () => undefined })
    .exitOverride()
    .helpCommand(false)
    // What stands behind `datasets add` belongs to `add`, though `datasets` has an option of that name too.
    .enablePositionalOptions();
  addCommonOptions(program);
  const byWords = [...commands].sort((a, b) => a.name.split(' ').length - b.name.split(' ').length);
  for (const command of byWords) addCommand(program, command, execute);
  return program;
}

function addCommand(program: Node, command: Command, execute: (call: Call) => Promise<void>): void {
  const words = command.name.split(' ');
  const parent = words.slice(0, -1).reduce((node, word) => node.commands.find((child) => child.name() === word) ?? node.command(word), program);
  const node = parent.command(words[words.length - 1]).summary(command.summary).description(command.summary);
  if (command.usage !== '') node.arguments(command.usage);
  for (const { flags, about, isNeeded } of command.options) node[isNeeded ? 'requiredOption' : 'option'](flags, about);
  addCommonOptions(node);
  node.action(() => execute({ command, given: givenOf(node), common: node.optsWithGlobals<CommonOptions>() }));
}

/** Every command takes them, so that they may stand anywhere. */
function addCommonOptions(node: Node): void {
  for (const { flags, about } of COMMON_OPTIONS) node.addOption(new Option(flags, about).helpGroup('Common options:'));
}

function givenOf(node: Node): Record<string, unknown> {
  const named = node.registeredArguments.map((argument, at) => [argument.name(), node.processedArgs[at] as unknown] as const);
  const options = node.options.filter(({ helpGroupHeading }) => helpGroupHeading === undefined).map((option) => option.attributeName());
  const chosen = options.map((name) => [name, node.getOptionValue(name) as unknown] as const);
  return Object.fromEntries([...named, ...chosen].filter(([, value]) => value !== undefined));
}

/** Help that lists every command, those of two words too. */
const flatHelp: Partial<Help> = {
  visibleCommands: (node) => leavesOf(node),
  subcommandTerm: (node) => [fullName(node), ...node.registeredArguments.map(argumentTerm)].join(' '),
};

const argumentTerm = (argument: Argument): string => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`);
const leavesOf = (node: Node): Node[] => node.commands.flatMap((child) => [child, ...leavesOf(child)]);
const fullName = (node: Node): string => (node.parent?.parent ? `${fullName(node.parent)} ${node.name()}` : node.name());
