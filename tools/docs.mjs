// Writes docs/generated and docker/nats.conf from the definitions: contracts, fault codes, configuration schemas, model manifests.
// `npm run docs` writes; `npm run docs -- --check` writes nothing and exits 1 naming each file that differs, is missing or is left over.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
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

/** Every contract whose source is there: a compiled file outlives the source that was renamed or removed. */
function contractsOf(scanContracts) {
  return scanContracts().filter(({ file }) => existsSync(join(root, 'libs/contracts/src', `${file}.ts`))).map(({ contract }) => contract);
}

/** Path → text of everything that is generated. */
async function generate() {
  await ensureBuilt();
  const { manifestSchema, scanContracts } = require('@salus/contracts');
  const { STATUS_OF } = require('@salus/messaging');
  const { generatedFiles } = require('./dist/docs/generated.js');
  const { undescribedKeys } = require('./dist/docs/configuration.js');
  const apps = configurations();
  const undescribed = apps.flatMap(undescribedKeys);
  if (undescribed.length > 0) throw new Error(`configuration keys without a sentence (.describe): ${undescribed.join(', ')}`);
  return generatedFiles({
    contracts: contractsOf(scanContracts),
    version: readJson(join(root, 'package.json')).version,
    statusOf: STATUS_OF,
    apps,
    models: manifests(manifestSchema),
  });
}

const files = await generate();
const leftOver = foldersIn('docs').includes('generated')
  ? readdirSync(join(root, 'docs/generated')).map((name) => `docs/generated/${name}`).filter((path) => !files.has(path))
  : [];
const stale = [...files].filter(([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text).map(([path]) => path);
const wrong = [...stale, ...leftOver];

if (process.argv.includes('--check')) {
  if (wrong.length > 0) {
    console.error(`generated files differ from the definitions: ${wrong.join(', ')}\nrun: npm run docs`);
    process.exitCode = 1;
  } else console.log(`generated files are up to date: ${files.size}`);
} else {
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), files.get(path));
  }
  for (const path of leftOver) rmSync(join(root, path));
  console.log(wrong.length === 0 ? 'generated files are up to date' : `written: ${stale.join(', ') || 'none'}; removed: ${leftOver.join(', ') || 'none'}`);
}
