/**
 * Says where one JSON Schema lets through values that another refuses: `sub` is what may be sent, `sup` what the other side takes.
 * It compares structure and is conservative: two schemas that mean the same and are written differently may be reported, a narrowing within
 * the keywords that zod writes is not missed. Source: JSON Schema draft 7, validation vocabulary.
 * Limits: conditionals, `not` and references inside a schema are compared as text.
 */
import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '../docs/wire-schema';

/** Which side may meet fields that it does not know: a reader of replies overlooks them, a service refuses them. */
export interface NarrowingOptions {
  readonly overlooksUnknownFields: boolean;
}

const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null && !Array.isArray(value);
const list = <T>(value: unknown): readonly T[] => (Array.isArray(value) ? (value as T[]) : []);
const show = (value: unknown): string => JSON.stringify(value) ?? 'anything';
const typesOf = (schema: JsonSchema): readonly string[] => (schema['type'] === undefined ? [] : [schema['type']].flat() as string[]);
/** Whether a value of one of these types may come: a schema without a type lets all through. */
const mayBe = (schema: JsonSchema, ...types: string[]): boolean => typesOf(schema).length === 0 || typesOf(schema).some((type) => types.includes(type));
const valuesOf = (schema: JsonSchema): readonly unknown[] | undefined => ('const' in schema ? [schema['const']] : (schema['enum'] as unknown[] | undefined));
const without = (schema: JsonSchema, ...keywords: string[]): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.includes(keyword)));

/** `anyOf`, `oneOf`, or a list of types, also nested: each way that a value may take; undefined when there is one way only. */
function alternatives(schema: JsonSchema): readonly JsonSchema[] | undefined {
  const options = list<JsonSchema>(schema['anyOf'] ?? schema['oneOf']);
  const own = without(schema, 'anyOf', 'oneOf', 'default', 'description');
  if (options.length > 0) return options.map((option) => ({ ...own, ...option })).flatMap((option) => alternatives(option) ?? [option]);
  const types = typesOf(schema);
  return types.length > 1 ? types.map((type) => ({ ...schema, type })) : undefined;
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

/** The narrowings between two schemas, one line each with the path of the field; empty when `sup` takes all that `sub` allows. */
export function narrowings(sub: JsonSchema, sup: JsonSchema, options: NarrowingOptions): string[] {
  return new Comparison(options).compare(sub, sup, '');
}

class Comparison {
  constructor(private readonly options: NarrowingOptions) {}

  compare(sub: JsonSchema, sup: JsonSchema, path: string): string[] {
    if (isDeepStrictEqual(sub, sup)) return [];
    const subOptions = alternatives(sub);
    if (subOptions) return [...new Set(subOptions.flatMap((option) => this.compare(option, sup, path)))];
    const supOptions = alternatives(sup);
    if (supOptions) return this.closest(sub, supOptions, path);
    const every = list<JsonSchema>(sup['allOf']);
    if (every.length > 0) return [without(sup, 'allOf'), ...every].flatMap((part) => this.compare(sub, part, path));
    const parts = list<JsonSchema>(sub['allOf']);
    if (parts.length > 0) return this.shortest([without(sub, 'allOf'), ...parts].map((part) => this.compare(part, sup, path)));
    const mismatch = this.values(sub, sup, path);
    if (mismatch.length > 0) return mismatch;
    return [
      ...this.opaque(sub, sup, path),
      ...this.bounds(sub, sup, path),
      ...this.texts(sub, sup, path),
      ...this.arrays(sub, sup, path),
      ...this.objects(sub, sup, path),
    ];
  }

  /** Of several ways the one that fits best; the problems of the others would only confuse. */
  private closest(sub: JsonSchema, ways: readonly JsonSchema[], path: string): string[] {
    const type = typesOf(sub)[0];
    const alike = ways.filter((way) => type !== undefined && typesOf(way).includes(type));
    if (alike.length === 0 && type !== undefined && ways.every((way) => typesOf(way).length > 0))
      return [`${path || 'body'}: ${type} is not among ${ways.map((way) => typesOf(way).join()).join(', ')}`];
    return this.shortest((alike.length > 0 ? alike : ways).map((way) => this.compare(sub, way, path)));
  }

  private shortest(results: readonly string[][]): string[] {
    return results.reduce((best, result) => (result.length < best.length ? result : best));
  }

  private opaque(sub: JsonSchema, sup: JsonSchema, path: string): string[] {
    return ['$ref', 'not', 'if', 'then', 'else', 'propertyNames', 'uniqueItems', 'multipleOf']
      .filter((keyword) => sup[keyword] !== undefined && !isDeepStrictEqual(sub[keyword], sup[keyword]))
      .filter((keyword) => !(keyword === 'propertyNames' && isDeepStrictEqual(sup[keyword], { type: 'string' })))
      .map((keyword) => `${path || 'body'}: ${keyword} changed from ${show(sub[keyword])} to ${show(sup[keyword])}`);
  }

  private values(sub: JsonSchema, sup: JsonSchema, path: string): string[] {
    const mine = valuesOf(sub);
    const theirs = valuesOf(sup);
    const types = typesOf(sup);
    const at = path || 'body';
    if (theirs) {
      if (!mine) return [`${at}: any ${typesOf(sub)[0] ?? 'value'} became one of ${show(theirs)}`];
      const lost = mine.filter((value) => !theirs.some((other) => isDeepStrictEqual(other, value)));
      return lost.length === 0 ? [] : [`${at}: ${lost.map(show).join(', ')} is not among ${show(theirs)}`];
    }
    if (types.length === 0) return [];
    const given = mine ? [...new Set(mine.map(typeOfValue))] : typesOf(sub);
    if (given.length === 0) return [`${at}: any value became ${types.join(' or ')}`];
    return given
      .filter((type) => !types.includes(type) && !(type === 'integer' && types.includes('number')))
      .map((type) => `${at}: type changed from ${type} to ${types.join(' or ')}`);
  }

  private bounds(sub: JsonSchema, sup: JsonSchema, path: string): string[] {
    if (valuesOf(sub) || !mayBe(sub, 'integer', 'number')) return [];
    const lower = (schema: JsonSchema): [number, boolean] => edge(schema, ['minimum', 'exclusiveMinimum'], 1);
    const upper = (schema: JsonSchema): [number, boolean] => edge(schema, ['maximum', 'exclusiveMaximum'], -1);
    const tighter = ([mine, mineOpen]: [number, boolean], [theirs, theirsOpen]: [number, boolean]): boolean =>
      theirs > mine || (theirs === mine && theirsOpen && !mineOpen);
    return [
      ...(tighter(lower(sub), lower(sup)) ? [`${path || 'body'}: least value went from ${lower(sub)[0]} to ${lower(sup)[0]}`] : []),
      ...(tighter(upper(sub), upper(sup)) ? [`${path || 'body'}: greatest value went from ${-upper(sub)[0]} to ${-upper(sup)[0]}`] : []),
    ];
  }

  private texts(sub: JsonSchema, sup: JsonSchema, path: string): string[] {
    if (valuesOf(sub) || !mayBe(sub, 'string')) return [];
    const changed = ['pattern', 'format', 'contentEncoding'].filter((keyword) => sup[keyword] !== undefined && sub[keyword] !== sup[keyword]);
    return [
      ...changed.map((keyword) => `${path || 'body'}: ${keyword} went from ${show(sub[keyword])} to ${show(sup[keyword])}`),
      ...this.sizes(sub, sup, { path, least: 'minLength', most: 'maxLength' }),
    ];
  }

  private sizes(sub: JsonSchema, sup: JsonSchema, { path, least, most }: { path: string; least: string; most: string }): string[] {
    const number = (schema: JsonSchema, keyword: string, absent: number): number => (schema[keyword] as number | undefined) ?? absent;
    return [
      ...(number(sup, least, 0) > number(sub, least, 0) ? [`${path || 'body'}: ${least} went from ${number(sub, least, 0)} to ${number(sup, least, 0)}`] : []),
      ...(number(sup, most, Infinity) < number(sub, most, Infinity) ? [`${path || 'body'}: ${most} went from ${show(sub[most])} to ${show(sup[most])}`] : []),
    ];
  }

  private arrays(sub: JsonSchema, sup: JsonSchema, path: string): string[] {
    if (!mayBe(sub, 'array')) return [];
    const sizes = this.sizes(sub, sup, { path, least: 'minItems', most: 'maxItems' });
    const [mine, theirs] = [sub['items'], sup['items']];
    if (theirs === undefined || isDeepStrictEqual(mine, theirs)) return sizes;
    if (isSchema(theirs) && !Array.isArray(mine)) return [...sizes, ...this.compare(isSchema(mine) ? mine : {}, theirs, `${path}[]`)];
    return [...sizes, `${path || 'body'}: items changed from ${show(mine)} to ${show(theirs)}`];
  }

  private objects(sub: JsonSchema, sup: JsonSchema, path: string): string[] {
    if (!mayBe(sub, 'object')) return [];
    const mine = (sub['properties'] ?? {}) as Record<string, JsonSchema>;
    const theirs = (sup['properties'] ?? {}) as Record<string, JsonSchema>;
    const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
    const promised = list<string>(sub['required']);
    const missing = list<string>(sup['required']).filter((name) => !promised.includes(name));
    const gone = this.options.overlooksUnknownFields ? Object.keys(theirs).filter((name) => !(name in mine) && !missing.includes(name)) : [];
    return [
      ...missing.map((name) => (name in mine || !this.options.overlooksUnknownFields ? `${at(name)}: optional or absent became required` : `${at(name)}: removed`)),
      ...(sub['additionalProperties'] === false ? gone : []).map((name) => `${at(name)}: removed`),
      ...Object.entries(mine).flatMap(([name, schema]) => this.property(schema, name in theirs ? theirs[name] : sup['additionalProperties'], at(name))),
      ...this.otherFields(sub, sup, path),
    ];
  }

  private property(schema: JsonSchema, taken: unknown, path: string): string[] {
    if (taken === false) return this.options.overlooksUnknownFields ? [] : [`${path}: is no longer taken`];
    return isSchema(taken) ? this.compare(schema, taken, path) : [];
  }

  private otherFields(sub: JsonSchema, sup: JsonSchema, path: string): string[] {
    const [mine, theirs] = [sub['additionalProperties'], sup['additionalProperties']];
    if (mine === false) return [];
    if (theirs === false) return this.options.overlooksUnknownFields ? [] : [`${path || 'body'}: fields by other names are no longer taken`];
    return isSchema(theirs) ? this.compare(isSchema(mine) ? mine : {}, theirs, `${path}.*`) : [];
  }
}

/** The stricter of a closed and an open bound, signed so that greater is stricter; open says that the bound itself is out. */
function edge(schema: JsonSchema, [closed, open]: readonly [string, string], sign: 1 | -1): [number, boolean] {
  const bound = (keyword: string): number => (typeof schema[keyword] === 'number' ? sign * schema[keyword] : -Infinity);
  return bound(open) >= bound(closed) && bound(open) > -Infinity ? [bound(open), true] : [bound(closed), false];
}
