/**
 * How text looks where it is read: colours of the terminal (ECMA-48 SGR), or none (only for a person at a terminal, and not
 * with NO_COLOR, no-color.org), and commands as they are typed there.
 */

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const;

/** Each function gives its text in that style, or as it is where styles are off. */
type Colours = Readonly<Record<keyof typeof CODES, (text: string) => string>>;

export interface Style extends Colours {
  /** A command of this program as it is typed here: `train blood-pressure` as `salus train blood-pressure`. */
  readonly command: (words: string) => string;
}

/** The name of the program. */
export const COMMAND_NAME = 'salus';

/**
 * @param isOn whether the texts carry styles at all
 * @param prefix what is typed before a command of this program
 */
export function styleOf(isOn: boolean, prefix: string = COMMAND_NAME): Style {
  const entries = Object.entries(CODES).map(([name, [open, close]]) => [name, (text: string) => (isOn ? `\x1b[${open}m${text}\x1b[${close}m` : text)] as const);
  return { ...(Object.fromEntries(entries) as Colours), command: (words) => `${prefix} ${words}` };
}

/** Whether a stream takes colours: it is a terminal, it is not a dumb one and nobody asked for none. */
export function takesColour(isTerminal: boolean, environment: { readonly NO_COLOR?: string; readonly TERM?: string }): boolean {
  return isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb';
}

const ESCAPES = /\x1b\[[0-9;]*m/g;

/** How many columns a text takes on the terminal; colours take none. */
export function widthOf(text: string): number {
  return [...text.replace(ESCAPES, '')].length;
}
