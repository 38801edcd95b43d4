/** Proves that lint refuses what the architecture forbids, with the real configuration over sources that are not on disk. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const BOUNDARY = '@nx/enforce-module-boundaries';

interface Case {
  readonly fact: string;
  readonly filePath: string;
  readonly text: string;
  /** Rule that refuses it, or undefined when it is allowed. */
  readonly rule: string | undefined;
}

const importing = (name: string): string => `import { thing } from '${name}';\nexport const used = thing;\n`;
const lines = (count: number, line: string): string => Array.from({ length: count }, () => line).join('\n') + '\n';

const REFUSED: Case[] = [
  { fact: 'Nest in a domain library', filePath: 'libs/learners/src/x.ts', text: importing('@nestjs/common'), rule: BOUNDARY },
  { fact: 'Nest in a base library', filePath: 'libs/fault/src/x.ts', text: importing('@nestjs/common'), rule: BOUNDARY },
  { fact: 'NATS in an app', filePath: 'apps/prediction/src/x.ts', text: importing('@nats-io/transport-node'), rule: BOUNDARY },
  { fact: "Nest's microservices in an app", filePath: 'apps/prediction/src/x.ts', text: importing('@nestjs/microservices'), rule: BOUNDARY },
  { fact: 'NATS in a platform library that is not messaging', filePath: 'libs/jobs/src/x.ts', text: importing('@nats-io/kv'), rule: BOUNDARY },
  { fact: 'an app in another app', filePath: 'apps/prediction/src/x.ts', text: importing('@salus/training'), rule: BOUNDARY },
  { fact: 'an app in another app by a relative path', filePath: 'apps/prediction/src/x.ts', text: importing('../../training/src/training.module'), rule: BOUNDARY },
  { fact: 'an adapter in a contract', filePath: 'libs/contracts/src/x.ts', text: importing('@salus/registry'), rule: BOUNDARY },
  { fact: 'an adapter in a domain library', filePath: 'libs/evaluation/src/x.ts', text: importing('@salus/datasets'), rule: BOUNDARY },
  { fact: 'a platform library in a domain library', filePath: 'libs/features/src/x.ts', text: importing('@salus/messaging'), rule: BOUNDARY },
  { fact: 'an app in a library', filePath: 'libs/serving/src/x.ts', text: importing('@salus/training'), rule: BOUNDARY },
  { fact: 'DuckDB outside datasets', filePath: 'libs/registry/src/x.ts', text: importing('@duckdb/node-api'), rule: BOUNDARY },
  { fact: 'TypeORM in a domain library', filePath: 'libs/evaluation/src/x.ts', text: importing('typeorm'), rule: BOUNDARY },
  { fact: 'pg in messaging', filePath: 'libs/messaging/src/x.ts', text: importing('pg'), rule: BOUNDARY },
  { fact: 'the testkit in product code', filePath: 'libs/jobs/src/x.ts', text: importing('@salus/testkit'), rule: BOUNDARY },
  { fact: 'a library by a relative path', filePath: 'libs/contracts/src/x.ts', text: importing('../../fault/src/fault'), rule: BOUNDARY },
  { fact: 'any', filePath: 'libs/evaluation/src/x.ts', text: 'export const value: any = 1;\n', rule: '@typescript-eslint/no-explicit-any' },
  { fact: 'an empty catch', filePath: 'libs/evaluation/src/x.ts', text: 'try {\n  JSON.parse("1");\n} catch {}\n', rule: 'no-empty' },
  { fact: 'a file over 400 lines', filePath: 'libs/evaluation/src/x.ts', text: lines(401, 'export {};'), rule: 'max-lines' },
  { fact: 'a function over 80 lines', filePath: 'libs/evaluation/src/x.ts', text: `export function long(): void {\n${lines(80, '  void 0;')}}\n`, rule: 'max-lines-per-function' },
  { fact: 'a fourth parameter', filePath: 'libs/evaluation/src/x.ts', text: 'export const sum = (a: number, b: number, c: number, d: number): number => a + b + c + d;\n', rule: 'max-params' },
  { fact: 'a script over 400 lines', filePath: 'tools/x.mjs', text: lines(401, 'export {};'), rule: 'max-lines' },
];
const ALLOWED: Case[] = [
  { fact: 'DuckDB in datasets', filePath: 'libs/datasets/src/x.ts', text: importing('@duckdb/node-api'), rule: undefined },
  { fact: 'NATS in messaging', filePath: 'libs/messaging/src/x.ts', text: importing('@nats-io/transport-node'), rule: undefined },
  { fact: 'TypeORM in an app', filePath: 'apps/training/src/x.ts', text: importing('typeorm'), rule: undefined },
  { fact: 'a contract in an app', filePath: 'apps/prediction/src/x.ts', text: importing('@salus/contracts'), rule: undefined },
  { fact: 'the testkit in a test', filePath: 'libs/jobs/src/x.spec.ts', text: importing('@salus/testkit'), rule: undefined },
  { fact: 'a file of 400 lines', filePath: 'libs/evaluation/src/x.ts', text: lines(400, 'export {};'), rule: undefined },
];

describe('lint', () => {
  const cases = [...REFUSED, ...ALLOWED];
  let found: Map<Case, string[]>;

  beforeAll(() => {
    const script = join(__dirname, '../check/lint-sources.mjs');
    const input = JSON.stringify(cases.map(({ filePath, text }) => ({ filePath, text })));
    // Jest's own NODE_OPTIONS and colours would reach the child through the environment.
    const output = execFileSync(process.execPath, [script], { input, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
    const messages = JSON.parse(output) as string[][];
    found = new Map(cases.map((entry, at) => [entry, messages[at]]));
  }, 120_000);

  it.each(REFUSED.map((entry) => [entry.fact, entry] as const))('refuses %s', (_, entry) => {
    expect(found.get(entry)?.map((message) => message.split(':')[0])).toContain(entry.rule);
  });

  it.each(ALLOWED.map((entry) => [entry.fact, entry] as const))('allows %s', (_, entry) => {
    expect(found.get(entry)).toEqual([]);
  });
});
