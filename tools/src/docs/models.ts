/** The page of models: what lies under models/, from each folder's manifest. */
import type { Feature, ModelManifest } from '@salus/contracts';
import { code, page, table } from './markdown';

type NumberColumn = Extract<Feature, { type: 'number' }>;

function rangeOf(feature: Feature): string {
  if (feature.type === 'category') return feature.levels.map(code).join(' ');
  return `${feature.minimum} to ${feature.maximum}${feature.integer ? ', whole' : ''}`;
}

const unitOf = (feature: Feature): string => (feature.type === 'number' ? code(feature.unit) : '–');

const columnRow = (role: string, column: Feature | NumberColumn): string[] => [
  code(column.name),
  role,
  column.description === undefined ? column.title : `${column.title}: ${column.description}`,
  unitOf(column),
  rangeOf(column),
  column.missing === 'allow' ? 'yes' : 'no',
];

function modelBlocks(model: ModelManifest): string[] {
  const facts: [string, string][] = [
    ['Task', `${model.task}, served by ${model.service}`],
    ['Learner', code(model.learner.algorithm)],
    ['Pipeline', model.pipeline.map((step) => `${step.step} (${step.columns.join(', ')})`).join(' → ') || '–'],
    ['Intended use', model.intendedUse],
    ['Not for', model.notFor],
    ['Source', `${model.source.name}; ${model.source.licence}; ${model.source.citation}`],
  ];
  return [
    `## ${code(model.id)}`,
    `**${model.title}.** ${model.summary}`,
    table(['Fact', 'Value'], facts),
    table(['Column', 'Role', 'What', 'Unit', 'Range', 'May be missing'], [
      ...model.features.map((feature) => columnRow('feature', feature)),
      columnRow('target', model.target),
    ]),
  ];
}

/** The page `models.md`, models in the order of their ids. */
export function modelsPage(models: readonly ModelManifest[]): string {
  const ordered = [...models].sort((a, b) => (a.id < b.id ? -1 : 1));
  const intro = 'Every folder under `models/` is a model; its card has the rest. Units are UCUM.';
  return page('Models', [intro, ...ordered.flatMap(modelBlocks)]);
}
