import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { installPeers, peerPackages, type PeerMachine } from './peers';

/** A machine with apt that has some packages; what it was asked to run is written down. */
class DebianMachine implements PeerMachine {
  readonly ran: string[] = [];
  constructor(readonly userId: number | undefined, private readonly installed: Set<string>, private readonly has: { apt: boolean; network: boolean }) {}

  readonly outputOf = (program: string, words: readonly string[]): string | undefined => {
    if (!this.has.apt) return undefined;
    if (program === 'apt-get') return 'apt 2.6.1';
    return this.installed.has(words.at(-1) as string) ? 'installed' : undefined;
  };

  readonly run = (program: string, words: readonly string[]): boolean => {
    this.ran.push([program, ...words].join(' '));
    if (!this.has.network) return false;
    if (words[0] === 'install') for (const word of words.slice(1)) if (!word.startsWith('-')) this.installed.add(word);
    return true;
  };
}

const ROOT_USER = 0;
const install = (machine: DebianMachine, ...packages: string[]) => {
  const lines: string[] = [];
  return { isThere: installPeers(packages, machine, (text) => lines.push(text)), said: lines.join('\n') };
};

describe('the peers of the benchmarks', () => {
  const usual = { apt: true, network: true };

  it('installs as root what is missing and nothing else, without asking', () => {
    const machine = new DebianMachine(ROOT_USER, new Set(['python3-numpy']), usual);
    expect(install(machine, 'python3-numpy', 'python3-pandas')).toMatchObject({ isThere: true });
    expect(machine.ran).toEqual(['apt-get update', 'apt-get install -y --no-install-recommends python3-pandas']);
  });

  it('changes nothing when all are there', () => {
    const machine = new DebianMachine(ROOT_USER, new Set(['python3-pandas']), usual);
    expect(install(machine, 'python3-pandas')).toEqual({ isThere: true, said: 'python3-pandas: installed' });
    expect(machine.ran).toEqual([]);
  });

  it('prints the command when it is not root', () => {
    const machine = new DebianMachine(1000, new Set(), usual);
    const { isThere, said } = install(machine, 'python3-pandas');
    expect(isThere).toBe(false);
    expect(said).toContain('sudo apt-get update && sudo apt-get install -y --no-install-recommends python3-pandas');
    expect(machine.ran).toEqual([]);
  });

  it('says so where there is no apt', () => {
    const machine = new DebianMachine(ROOT_USER, new Set(), { apt: false, network: true });
    expect(install(machine, 'python3-pandas')).toMatchObject({ isThere: false, said: expect.stringContaining('no apt-get here') });
    expect(machine.ran).toEqual([]);
  });

  it('does not go on when the index cannot be read', () => {
    const machine = new DebianMachine(ROOT_USER, new Set(), { apt: true, network: false });
    expect(install(machine, 'python3-pandas').isThere).toBe(false);
    expect(machine.ran).toEqual(['apt-get update']);
  });

  describe('named beside the benchmarks', () => {
    let root: string;
    const write = (name: string, peers: string): void => {
      const file = join(root, 'libs', name, 'src', `${name}.bench.ts`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `export const suite = '${name}';\n${peers}\nexport const run = async (): Promise<void> => undefined;\n`);
    };
    beforeEach(() => {
      root = mkdtempSync(join(tmpdir(), 'salus-peers-'));
    });
    afterEach(() => rmSync(root, { recursive: true, force: true }));

    it('are put together, each once', () => {
      write('one', "export const peers = { debian: ['python3-sklearn', 'python3-numpy'] };");
      write('two', "export const peers = { debian: ['python3-numpy'] };");
      write('three', '');
      expect(peerPackages(root)).toEqual(['python3-numpy', 'python3-sklearn']);
    });

    it.each(['-oDir::Etc=x', 'two words', 'Upper', ''])('are refused when apt would read them as something else: "%s"', (name) => {
      write('one', `export const peers = { debian: ['${name}'] };`);
      expect(() => peerPackages(root)).toThrow(expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringContaining('libs/one/src/one.bench.ts') }));
    });
  });
});
