/** JSON Schema of a request row, so that a client can check its rows and draw a form without knowing Salus. */
import type { Feature, ModelManifest } from '@salus/contracts';
import { requiredByPipeline } from '@salus/features';

/** JSON Schema 2020-12 of one row of features; units are in `x-unit` (UCUM). */
export function rowSchemaOf(manifest: ModelManifest): Record<string, unknown> {
  const required = requiredByPipeline(manifest.pipeline);
  const mayMiss = (feature: Feature): boolean => feature.missing === 'allow' && !required.has(feature.name);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    additionalProperties: false,
    required: manifest.features.filter((feature) => !mayMiss(feature)).map(({ name }) => name),
    properties: Object.fromEntries(manifest.features.map((feature) => [feature.name, propertyOf(feature, mayMiss(feature))])),
  };
}

function propertyOf(feature: Feature, mayMiss: boolean): Record<string, unknown> {
  const text = { title: feature.title, ...(feature.description === undefined ? {} : { description: feature.description }) };
  if (feature.type === 'category') return { ...text, enum: mayMiss ? [...feature.levels, null] : feature.levels };
  const type = feature.integer ? 'integer' : 'number';
  return { ...text, type: mayMiss ? [type, 'null'] : type, minimum: feature.minimum, maximum: feature.maximum, 'x-unit': feature.unit };
}
