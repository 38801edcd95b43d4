import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkReadme, writeReadme } from './readme';

describe('the output in the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'salus-readme-'));
  const path = join(folder, 'README.md');
  const output = 'MSE  118.707515\n  upload          80 ms\n  in all       7126 ms';

  beforeEach(() => writeFileSync(path, 'Intro\n<!-- quickstart: begin -->\nold\n<!-- quickstart: end -->\nEnd\n'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is written between the markers and leaves the rest alone', async () => {
    await writeReadme(path, output);
    expect(readFileSync(path, 'utf8')).toBe(`Intro\n<!-- quickstart: begin -->\n\`\`\`\n${output}\n\`\`\`\n<!-- quickstart: end -->\nEnd\n`);
  });

  it('holds when only times differ', async () => {
    await writeReadme(path, output);
    await checkReadme(path, output.replace('  80 ms', '12345 ms').replace('7126', '99'));
  });

  it('fails on any other difference and shows the line', async () => {
    await writeReadme(path, output);
    await expect(checkReadme(path, output.replace('118.707515', '118.707516'))).rejects.toThrow(/README: MSE {2}118\.707515\n {2}now: {4}MSE {2}118\.707516/);
    await expect(checkReadme(path, `${output}\nmore`)).rejects.toThrow(expect.objectContaining({ code: 'CONFLICT' }));
  });

  it('asks for the markers', async () => {
    writeFileSync(path, 'no markers');
    await expect(writeReadme(path, output)).rejects.toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
  });
});
