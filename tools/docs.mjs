// Writes docs/generated and docker/nats.conf from the definitions: contracts, fault codes, configuration schemas, model manifests.
// `npm run docs` writes; `npm run docs -- --check` writes nothing and exits 1 naming each file that differs, is missing or is left over.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const log = (line) => console.error(line);
const require = createRequire(import.meta.url);
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const foldersIn = (folder) =>
  existsSync(join(root, folder)) ? readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort() : [];

/** The configuration schema of every app that has one. */
function configurations() {
  return foldersIn('apps')
    .map((app) => ({ app, file: join(root, 'apps', app, 'dist', 'config.js') }))
    .filter(({ file }) => existsSync(file))
    .map(({ app, file }) => ({ app, schema: require(file).configSchema }))
    .filter(({ schema }) => schema !== undefined);
}

/** The manifest of every model folder, checked. */
function manifests(manifestSchema) {
  return foldersIn('models').map((id) => {
    const parsed = manifestSchema.safeParse(readJson(join(root, 'models', id, 'model.json')));
    if (parsed.success) return parsed.data;
    throw new Error(`models/${id}/model.json does not fit the manifest schema: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`);
  });
}

/** Path → text of everything that is generated. */
async function generate() {
  await ensureInstalled({ log });
  await ensureBuilt({ log });
  const { manifestSchema, scanContracts } = require('@salus/contracts');
  const { STATUS_OF } = require('@salus/messaging');
  const { generatedFiles } = require('./dist/docs/generated.js');
  const { undescribedKeys } = require('./dist/docs/configuration.js');
  const apps = configurations();
  const undescribed = apps.flatMap(undescribedKeys);
  if (undescribed.length > 0) throw new Error(`configuration keys without a sentence (.describe): ${undescribed.join(', ')}`);
  return generatedFiles({
    contracts: scanContracts().map(({ contract }) => contract),
    version: readJson(join(root, 'package.json')).version,
    statusOf: STATUS_OF,
    apps,
    models: manifests(manifestSchema),
  });
}

/** The generated files that differ from what lies there or are missing, and files in docs/generated that nothing makes any more. */
function differences(files) {
  const stale = [...files].filter(([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text).map(([path]) => path);
  const there = existsSync(join(root, 'docs/generated')) ? readdirSync(join(root, 'docs/generated')) : [];
  return { stale, leftOver: there.map((name) => `docs/generated/${name}`).filter((path) => !files.has(path)) };
}

function write(files, { stale, leftOver }) {
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), files.get(path));
  }
  for (const path of leftOver) rmSync(join(root, path));
}

async function main() {
  const files = await generate();
  const found = differences(files);
  const wrong = [...found.stale, ...found.leftOver];
  if (wrong.length === 0) return console.log(`generated files are up to date: ${files.size}`);
  if (process.argv.includes('--check')) throw new Error(`generated files differ from the definitions: ${wrong.join(', ')}\nrun: npm run docs`);
  write(files, found);
  console.log(`written: ${found.stale.join(', ') || 'none'}; removed: ${found.leftOver.join(', ') || 'none'}`);
}

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
