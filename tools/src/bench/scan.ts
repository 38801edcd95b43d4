/**
 * Finds the benchmarks: every `*.bench.ts` below the sources of a library, an app or the tools. The name of its suite is read from the
 * text, so that a list loads none of them (each may pull in an engine); several files with one name are one suite.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Fault } from '@salus/fault';

/** A suite and its files, relative to the checkout and in order. */
export interface Suite {
  readonly name: string;
  readonly files: readonly string[];
}

const BENCHMARK = /\.bench\.ts$/;
const NAME = /^export const suite = (["'])([a-z0-9]+(?:-[a-z0-9]+)*)\1/m;
const PARENTS = ['libs', 'apps'];

/**
 * Every suite of the checkout, by name.
 *
 * @param root folder of the checkout
 * @throws Fault CONFIGURATION naming a file without `export const suite = '<kebab-case>'`
 */
export function scanSuites(root: string): Suite[] {
  const files = new Map<string, string[]>();
  for (const file of benchmarkFiles(root)) {
    const name = suiteNameOf(root, file);
    files.set(name, [...(files.get(name) ?? []), file]);
  }
  return [...files].map(([name, found]) => ({ name, files: found })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function suiteNameOf(root: string, file: string): string {
  const name = NAME.exec(readFileSync(join(root, file), 'utf8'))?.[2];
  if (name === undefined) throw new Fault('CONFIGURATION', `${file} must say export const suite = '<name in kebab-case>'; found none`, { file });
  return name;
}

function benchmarkFiles(root: string): string[] {
  const projects = [...PARENTS.flatMap((parent) => foldersIn(join(root, parent))), join(root, 'tools')];
  const found = projects.flatMap((project) => filesBelow(join(project, 'src')));
  return found.filter((file) => BENCHMARK.test(file)).map((file) => relative(root, file).replaceAll('\\', '/')).sort();
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
