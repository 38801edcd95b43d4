/** Colours of the terminal (ECMA-48 SGR), or none: only for a person at a terminal, and not with NO_COLOR (no-color.org). */

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const;

/** Each function gives its text in that style, or as it is where styles are off. */
export type Style = Readonly<Record<keyof typeof CODES, (text: string) => string>>;

/** @param isOn whether the texts carry styles at all */
export function styleOf(isOn: boolean): Style {
  const entries = Object.entries(CODES).map(([name, [open, close]]) => [name, (text: string) => (isOn ? `\x1b[${open}m${text}\x1b[${close}m` : text)] as const);
  return Object.fromEntries(entries) as Style;
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
