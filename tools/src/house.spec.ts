/** Structure that the house style asks for and no other tool looks at. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const root = join(__dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const foldersIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => `${folder}/${entry.name}`);

const MAX_TEXT_BYTES = 20_000_000;
/** Every file that git holds and that is on disk. */
const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter((path) => path !== '' && existsSync(join(root, path)));

/** Hosts of package registries and mirrors, in parts so that this file names none. */
const HOSTS = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['npm', 'pkg', 'github', 'com'],
  ['deb', 'debian', 'org'],
  ['security', 'debian', 'org'],
  ['deb', 'nodesource', 'com'],
  ['pypi', 'org'],
  ['files', 'pythonhosted', 'org'],
].map((parts) => parts.join('.'));

describe('the house', () => {
  it('has files in git', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  it('has no folder without a subject in its name', () => {
    const vague = ['utils', 'util', 'helpers', 'common', 'shared', 'misc', 'core'];
    const found = files.filter((path) => /^(apps|libs|tools)\//.test(path) && dirname(path).split('/').some((part) => vague.includes(part)));
    expect(found).toEqual([]);
  });

  it('keeps main.ts of every app at 15 lines or fewer', () => {
    const mains = files.filter((path) => /^apps\/[^/]+\/src\/main\.ts$/.test(path));
    expect(mains.filter((path) => read(path).trimEnd().split('\n').length > 15)).toEqual([]);
  });

  it('has src/index.ts in every library, and no empty room', () => {
    const rooms = foldersIn('libs').filter((folder) => existsSync(join(root, folder, 'package.json')));
    expect(rooms.length).toBeGreaterThan(0);
    expect(rooms.filter((folder) => !existsSync(join(root, folder, 'src/index.ts')))).toEqual([]);
  });

  it('names its files in kebab case', () => {
    const sources = files.filter((path) => /^(apps|libs|tools)\/.*\.(ts|mjs)$/.test(path));
    expect(sources.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*\.(ts|mjs)$/.test(basename(path)))).toEqual([]);
  });

  it('has a manifest, a card and golden examples in every model folder', () => {
    const models = foldersIn('models');
    const missing = models.flatMap((folder) => ['model.json', 'card.md', 'examples.json'].map((name) => `${folder}/${name}`)).filter((path) => !existsSync(join(root, path)));
    expect(missing).toEqual([]);
  });

  it('has one version, that of the root, in every package and wherever a program tells its own', () => {
    const versionIn = (path: string): string => (JSON.parse(read(path)) as { version: string }).version;
    const packages = files.filter((path) => /^(apps\/[^/]+|libs\/[^/]+|tools)\/package\.json$/.test(path)).map((path) => [path, versionIn(path)]);
    const sources = files.filter((path) => /^apps\/.*\/src\/.*\.ts$/.test(path) && !/\.(spec|conformance)\.ts$/.test(path));
    const told = sources.flatMap((path) => [...read(path).matchAll(/(?:\bversion: |VERSION = )'(\d+\.\d+\.\d+)'/g)].map(([, version]) => [path, version]));
    expect([packages.length > 15, told.length > 4]).toEqual([true, true]);
    expect([...packages, ...told].filter(([, version]) => version !== versionIn('package.json'))).toEqual([]);
  });

  it('locks packages without download addresses', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { resolved?: string }> };
    const addresses = Object.values(lock.packages).flatMap(({ resolved }) => (resolved?.startsWith('http') ? [resolved] : []));
    expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
    expect(addresses).toEqual([]);
  });

  it('names no package registry in any file', () => {
    const texts = files.filter((path) => statSync(join(root, path)).size <= MAX_TEXT_BYTES).map((path) => [path, read(path)] as const);
    expect(texts.flatMap(([path, text]) => HOSTS.filter((host) => text.includes(host)).map((host) => `${path}: ${host}`))).toEqual([]);
  });

  it('leaves no work for later in comments', () => {
    const marker = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`);
    expect(files.filter((path) => /^(apps|libs|tools|docker)\//.test(path) && /\.(ts|mjs|cjs|yaml)$/.test(path) && marker.test(read(path)))).toEqual([]);
  });
});
