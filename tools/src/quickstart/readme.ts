/**
 * Keeps the README true: the quickstart's result stands in it between two markers, written by the quickstart itself and
 * compared in CI. Times and digests differ from run to run and are left out of the comparison; every other character counts.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { Fault } from '@salus/fault';

const BEGIN = '<!-- quickstart: begin -->';
const END = '<!-- quickstart: end -->';

interface Parts {
  readonly before: string;
  readonly block: string;
  readonly after: string;
}

function partsOf(text: string, path: string): Parts {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Fault('CONFIGURATION', `${path} lacks the markers ${BEGIN} and ${END}`, { path });
  return { before: text.slice(0, begin + BEGIN.length), block: text.slice(begin + BEGIN.length, end), after: text.slice(end) };
}

const fenced = (output: string): string => `\n\`\`\`\n${output}\n\`\`\`\n`;

/** The text without what differs from run to run: durations (and the white space that aligns them) and digests. */
export function comparable(text: string): string {
  return text
    .replace(/sha256:[0-9a-f]{64}/g, 'sha256:…')
    .split('\n')
    .map((line) => (/\d+ ms$/.test(line) ? line.replace(/\s+\d+ ms$/, ' … ms') : line))
    .join('\n');
}

/** Writes the output between the markers. */
export async function writeReadme(path: string, output: string): Promise<void> {
  const { before, after } = partsOf(await readFile(path, 'utf8'), path);
  await writeFile(path, `${before}${fenced(output)}${after}`);
}

/**
 * Compares the output with what stands between the markers.
 * @throws Fault CONFLICT showing the first line that differs
 */
export async function checkReadme(path: string, output: string): Promise<void> {
  const expected = comparable(partsOf(await readFile(path, 'utf8'), path).block).split('\n');
  const received = comparable(fenced(output)).split('\n');
  const at = received.findIndex((line, index) => line !== expected[index]);
  if (at < 0 && received.length === expected.length) return;
  const line = Math.max(at, 0);
  throw new Fault('CONFLICT', `${path} is not what the quickstart prints; run npm start -- --once --readme write\n  README: ${expected[line] ?? ''}\n  now:    ${received[line] ?? ''}`, { path });
}
