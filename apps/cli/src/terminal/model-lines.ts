/** Models and their versions for a person. */
import type { Feature, VersionView } from '@salus/contracts';
import type { ModelDetails } from '../client/model-details';
import { metricIntervalText, metricLines, metricText } from './metric-lines';
import { printable } from './printable';
import { numberText, shortDigest, timeText } from './quantity';
import type { Style } from './style';
import { pairLines, tableLines, type TableColumn } from './table';

/** Versions of several models, newest first. */
export interface VersionListing {
  readonly versions: readonly VersionView[];
}

const right = (heading: string): TableColumn => ({ heading, align: 'right' });

/** One line per model. Metrics, dataset and time are of one version: the promoted one, else the newest; the column before them names it. */
export function modelTable({ versions }: VersionListing, style: Style): string[] {
  if (versions.length === 0) return [`no models yet; "${style.command('train <model>')}" trains one`];
  const models = [...new Set(versions.map((version) => version.model))].sort();
  const rows = models.map((model) => {
    const own = versions.filter((version) => version.model === model);
    const promoted = own.find((version) => version.aliases.length > 0);
    const newest = own[0];
    const shown = promoted ?? newest;
    const facts = [shown.metrics.map(metricText).join('  '), shortDigest(shown.lineage.dataset), timeText(shown.createdAt)];
    return [style.bold(model), String(newest.version), promoted ? String(promoted.version) : '–', String(shown.version), ...facts];
  });
  return tableLines(['model', right('newest'), right('promoted'), right('of version'), 'metrics', 'dataset', 'trained'], rows);
}

/** The versions of one model and, when it is served, what it takes and gives. */
export function modelLines({ model, versions, served }: ModelDetails, style: Style): string[] {
  const rows = versions.map((version) => [
    String(version.version),
    version.aliases.length > 0 ? style.green(version.aliases.map(printable).join(', ')) : '',
    version.metrics.map(metricIntervalText).join('  '),
    `${version.rows.train} + ${version.rows.test}`,
    shortDigest(version.lineage.dataset),
    timeText(version.createdAt),
  ]);
  const table = tableLines([right('version'), 'alias', 'metrics', 'rows', 'dataset', 'trained'], rows);
  if (!served) return [style.bold(model), ...table, '', style.yellow('no service answers with this model now')];
  return [style.bold(`${model}: ${printable(served.title)}`), printable(served.summary), ...table, '', ...servedLines(served, style)];
}

function servedLines(served: NonNullable<ModelDetails['served']>, style: Style): string[] {
  const { target } = served;
  return [
    ...pairLines([
      ['serves', `version ${served.version} (artifact ${shortDigest(served.artifact)})`],
      ['predicts', `${printable(target.name)}: ${printable(target.title)} in ${printable(target.unit)}`],
      ['for', printable(served.intendedUse)],
      ['not for', printable(served.notFor)],
    ]),
    '',
    ...tableLines(['feature', 'what it is', 'unit', 'takes', 'missing'], served.features.map(featureRow)),
    '',
    ...metricLines(served.metrics),
    '',
    ...coefficientLines(served.coefficients),
    `try: ${style.command(`predict ${served.model} '${JSON.stringify(served.exampleRow)}'`)}`,
  ];
}

function featureRow(feature: Feature): string[] {
  const named = [printable(feature.name), printable(feature.title)];
  const missing = feature.missing === 'allow' ? 'allowed' : 'refused';
  if (feature.type === 'category') return [...named, '', feature.levels.map(printable).join(', '), missing];
  const takes = `${numberText(feature.minimum)} to ${numberText(feature.maximum)}${feature.integer ? ', whole' : ''}`;
  return [...named, printable(feature.unit), takes, missing];
}

function coefficientLines(coefficients: VersionView['coefficients']): string[] {
  if (!coefficients) return [];
  const optional = (value: number | null): string => (value === null ? '' : numberText(value));
  const rows = coefficients.map(({ name, value, standardError, t }) => [printable(name), numberText(value, 9), optional(standardError), optional(t)]);
  return [...tableLines(['coefficient', right('value'), right('standard error'), right('t')], rows), ''];
}
