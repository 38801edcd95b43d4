/** The page of configuration: what each service reads from its environment, from the schema in its config.ts. */
import type { z } from 'zod';
import { code, page, table } from './markdown';
import { wireSchema, type JsonSchema } from './wire-schema';

/** The configuration of one app. */
export interface AppConfiguration {
  readonly app: string;
  readonly schema: z.ZodObject;
}

const RANGE_WORDS: readonly (readonly [keyword: string, word: string])[] = [
  ['minimum', '≥'],
  ['exclusiveMinimum', '>'],
  ['maximum', '≤'],
  ['exclusiveMaximum', '<'],
  ['minLength', 'at least this many characters:'],
];

/** What a value may be, in words: `integer ≥ 1 ≤ 65535`, `one of info, debug`. */
export function typeInWords(schema: JsonSchema): string {
  const options = (schema['anyOf'] ?? schema['oneOf']) as JsonSchema[] | undefined;
  if (options !== undefined) return [...new Set(options.map(typeInWords))].join(' or ');
  if (Array.isArray(schema['enum'])) return `one of ${schema['enum'].map((value) => code(String(value))).join(' ')}`;
  if ('const' in schema) return code(String(schema['const']));
  const type = schema['format'] ?? schema['type'] ?? 'text';
  const name = type === 'string' ? 'text' : type === 'array' ? 'list' : String(type);
  const limits = RANGE_WORDS.filter(([keyword]) => typeof schema[keyword] === 'number' && Math.abs(schema[keyword]) < Number.MAX_SAFE_INTEGER);
  return [name, ...limits.map(([keyword, word]) => `${word} ${String(schema[keyword])}`)].join(' ');
}

/** What a key that is left out becomes, found by asking the schema: JSON Schema loses the default of a value that is transformed. */
function defaultInWords(schema: z.ZodType): string {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success) return '**required**';
  if (parsed.data === undefined) return '–';
  return code(typeof parsed.data === 'object' ? JSON.stringify(parsed.data) : String(parsed.data));
}

type Row = readonly [key: string, type: string, value: string, what: string];

function rowsOf({ schema }: AppConfiguration): Row[] {
  const properties = wireSchema(schema)['properties'] as Record<string, JsonSchema>;
  const fields = schema.shape as Readonly<Record<string, z.ZodType>>;
  return Object.entries(properties)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [code(key), typeInWords(value), defaultInWords(fields[key]), String(value['description'] ?? '')]);
}

const section = (title: string, rows: readonly Row[]): string[] =>
  rows.length === 0 ? [] : [`## ${title}`, table(['Key', 'Type', 'Default', 'What'], rows)];

/** The page `configuration.md`: first what all apps have alike, then each app's own keys, in the order of the names. */
export function configurationPage(apps: readonly AppConfiguration[]): string {
  const ordered = [...apps].sort((a, b) => (a.app < b.app ? -1 : 1)).map((app) => ({ app: app.app, rows: rowsOf(app) }));
  const text = (row: Row): string => JSON.stringify(row);
  const everywhere = ordered.map(({ rows }) => new Set(rows.map(text)));
  const isShared = (row: Row): boolean => ordered.length > 1 && everywhere.every((rows) => rows.has(text(row)));
  const intro = 'What each service reads from its environment, once, at start. Every problem is reported together, and a service with a problem does not start.';
  return page('Configuration', [
    intro,
    ...section('Every service', (ordered[0]?.rows ?? []).filter(isShared)),
    ...ordered.flatMap(({ app, rows }) => section(app, rows.filter((row) => !isShared(row)))),
  ]);
}

/** The keys whose docs say nothing: a key without a sentence is a defect of the app's config.ts. */
export function undescribedKeys({ app, schema }: AppConfiguration): string[] {
  const properties = wireSchema(schema)['properties'] as Record<string, JsonSchema>;
  return Object.entries(properties)
    .filter(([, value]) => value['description'] === undefined)
    .map(([key]) => `${app}: ${key}`);
}
