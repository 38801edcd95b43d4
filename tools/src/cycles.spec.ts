import { join } from 'node:path';
import { importCycles, importGraph, readImportGraph } from './cycles';

const cycles = (files: Record<string, string>): string[] => importCycles(importGraph(new Map(Object.entries(files)))).map((cycle) => cycle.join(' → '));

describe('import cycles', () => {
  it('are none in this repository', () => {
    const graph = readImportGraph(join(__dirname, '../..'), ['apps', 'libs', 'tools']);
    expect(graph.size).toBeGreaterThan(50);
    expect(graph.get('libs/contracts/src/prediction/predict.ts')).toContain('libs/contracts/src/define.ts');
    expect(importCycles(graph).map((cycle) => cycle.join(' → '))).toEqual([]);
  });

  it.each<[string, Record<string, string>, string]>([
    ['two files', { 'a.ts': `import './b';`, 'b.ts': `import './a';` }, 'a.ts → b.ts → a.ts'],
    ['a file that imports itself', { 'a.ts': `import { a } from './a';` }, 'a.ts → a.ts'],
    ['a way through an index', { 'index.ts': `export * from './a';`, 'a.ts': `import { b } from '.';` }, 'a.ts → index.ts → a.ts'],
    ['imports of types', { 'a.ts': `import type { B } from './b';`, 'b.ts': `import type { A } from './a';` }, 'a.ts → b.ts → a.ts'],
    ['a dynamic import', { 'a.ts': `void import('./b');`, 'b.ts': `export * from './a';` }, 'a.ts → b.ts → a.ts'],
    ['folders', { 'x/a.ts': `import '../y/b';`, 'y/b.ts': `import '../x/a';` }, 'x/a.ts → y/b.ts → x/a.ts'],
    ['the shortest of several', { 'a.ts': `import './b'; import './c';`, 'b.ts': `import './c';`, 'c.ts': `import './a';` }, 'a.ts → c.ts → a.ts'],
  ])('are found through %s', (_, files, cycle) => {
    expect(cycles(files)).toEqual([cycle]);
  });

  it('are each found when there are several', () => {
    expect(cycles({ 'a.ts': `import './b';`, 'b.ts': `import './a';`, 'c.ts': `import './d'; import './a';`, 'd.ts': `import './c';` })).toEqual([
      'a.ts → b.ts → a.ts',
      'c.ts → d.ts → c.ts',
    ]);
  });

  it('are none where two ways lead to the same file', () => {
    expect(cycles({ 'a.ts': `import './b'; import './c';`, 'b.ts': `import './d';`, 'c.ts': `import './d';`, 'd.ts': `// import './a';` })).toEqual([]);
  });
});
