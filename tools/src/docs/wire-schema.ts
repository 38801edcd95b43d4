/**
 * JSON Schema (draft 7, the base of AsyncAPI 3) of what lies on the wire for a zod schema. It is the input side: bytes are base64 text and
 * fields with defaults may be left out. Rules that JSON Schema cannot say (zod refinements over several fields) are not in it.
 */
import { z } from 'zod';

/** A JSON Schema object; only the keywords that zod writes are met here. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** The JSON Schema of what a caller sends or receives. */
export function wireSchema(schema: z.ZodType): JsonSchema {
  const whole = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      const node = jsonSchema as Record<string, unknown>;
      // The pattern that zod derives from a format changes between its versions; the format says the same and stays.
      if (node['format'] !== undefined) delete node['pattern'];
      keepBase64Only(node);
    },
  }) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(whole).filter(([keyword]) => keyword !== '$schema'));
}

/** Bytes are a union of Uint8Array, which JSON cannot hold and zod shows as `{}`, and base64 text: on the wire only the text exists. */
function keepBase64Only(node: Record<string, unknown>): void {
  const options = node['anyOf'];
  if (!Array.isArray(options)) return;
  const text = (options as JsonSchema[]).find((option) => option['contentEncoding'] === 'base64');
  if (text === undefined || !options.some((option: JsonSchema) => Object.keys(option).length === 0)) return;
  delete node['anyOf'];
  Object.assign(node, text);
}
