import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askPython, median } from './bench';

describe('the median', () => {
  it.each([
    [[3], 3],
    [[10, 9, 100], 10],
    [[4, 1, 3, 2], 2.5],
    [[], NaN],
  ])('of %p is %p', (values, expected) => expect(median(values)).toBe(expected));
});

describe('a peer in Python', () => {
  const folder = mkdtempSync(join(tmpdir(), 'salus-peer-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is absent with its own reason, or that there is no python3', async () => {
    const script = join(folder, 'absent.py');
    writeFileSync(script, 'print(\'{"absent": "no such package"}\')\n');
    expect(['no such package', 'there is no python3']).toContain(((await askPython(script, [])) as { absent: string }).absent);
  });
});
