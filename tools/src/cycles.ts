/**
 * Finds import cycles between the files of a workspace: Nx refuses them between projects, this also sees them inside one.
 * Imports of types count too: they vanish at run time, and still two files that need each other are one thing in two places.
 * Source of the search: Tarjan, "Depth-first search and linear graph algorithms" (1972); one cycle is shown per strongly connected set.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** Paths of the files of one cycle, from the first in the alphabet round to it again. */
export type ImportCycle = readonly string[];

/** Files → the files that each imports, by path. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** Every `.ts` file below the folders, by its path relative to the root. */
export function sourceFiles(root: string, folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /(?<!\.d)\.ts$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => /(^|\/)src\//.test(path) && !path.includes('node_modules'))
    .sort();
}

/**
 * Which file imports which, as far as they are among the given ones; relative imports only.
 *
 * @param texts path → source text
 */
export function importGraph(texts: ReadonlyMap<string, string>): ImportGraph {
  const resolve = (from: string, name: string): string | undefined => {
    const target = join(dirname(from), name).replace(/\.js$/, '');
    return [`${target}.ts`, join(target, 'index.ts')].find((path) => texts.has(path));
  };
  return new Map(
    [...texts].map(([path, text]) => {
      const names = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
      return [path, names.filter((name) => name.startsWith('.')).flatMap((name) => resolve(path, name) ?? [])];
    }),
  );
}

/** The graph of every source file below the folders. */
export function readImportGraph(root: string, folders: readonly string[]): ImportGraph {
  return importGraph(new Map(sourceFiles(root, folders).map((path) => [path, readFileSync(join(root, path), 'utf8')])));
}

/** One cycle for each set of files that reach each other; empty when there is none. */
export function importCycles(graph: ImportGraph): ImportCycle[] {
  return connectedSets(graph)
    .filter((set) => set.length > 1 || (graph.get(set[0]) ?? []).includes(set[0]))
    .map((set) => cycleWithin(graph, set))
    .sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

/** Tarjan's strongly connected components. */
function connectedSets(graph: ImportGraph): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const sets: string[][] = [];
  const lower = (path: string, value: number): unknown => lowest.set(path, Math.min(lowest.get(path) ?? value, value));
  const visit = (path: string): void => {
    order.set(path, order.size);
    lower(path, order.size - 1);
    open.push(path);
    for (const next of graph.get(path) ?? []) {
      if (!order.has(next)) {
        visit(next);
        lower(path, lowest.get(next) as number);
      } else if (open.includes(next)) lower(path, order.get(next) as number);
    }
    if (lowest.get(path) === order.get(path)) sets.push(open.splice(open.indexOf(path)));
  };
  for (const path of graph.keys()) if (!order.has(path)) visit(path);
  return sets;
}

/** The shortest way from the first file of a connected set back to it, by breadth-first search. */
function cycleWithin(graph: ImportGraph, set: readonly string[]): ImportCycle {
  const start = [...set].sort()[0];
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of graph.get(way[way.length - 1]) ?? []) {
      if (next === start) return [...way, start];
      if (!set.includes(next) || seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return [start];
}
