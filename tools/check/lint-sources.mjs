// Lints texts as if they lay in the repository, with the root configuration: reads `[{ "filePath", "text" }]` as JSON on stdin and prints
// `[["rule: message", …], …]`, one list per text. For tests that prove what lint refuses; ESLint's configuration is ESM, which Jest cannot load.
import { text } from 'node:stream/consumers';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const eslint = new ESLint({ cwd: root });
const sources = JSON.parse(await text(process.stdin));
const results = [];
for (const source of sources) {
  const [{ messages }] = await eslint.lintText(source.text, { filePath: join(root, source.filePath) });
  results.push(messages.map((message) => `${message.ruleId}: ${message.message}`));
}
process.stdout.write(JSON.stringify(results));
