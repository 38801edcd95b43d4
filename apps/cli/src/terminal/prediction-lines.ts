/** Predictions for a person: one in full, several as a table. */
import type { ReplyOf } from '@salus/contracts';
import type { predict, PredictionAnswer } from '@salus/contracts/prediction/predict';
import { printable } from './printable';
import { boundText, numberText, percentText, signedText } from './quantity';
import type { Style } from './style';
import { pairLines, tableLines, type TableColumn } from './table';

type Reply = ReplyOf<typeof predict>;
const right = (heading: string): TableColumn => ({ heading, align: 'right' });

/** Value, unit, interval and contributions of each answer. */
export function predictionLines({ model, version, answers }: Reply, style: Style): string[] {
  const title = style.dim(`${model} version ${version}`);
  return [title, ...(answers.length === 1 ? answerLines(answers[0], style) : answerTable(answers))];
}

function answerLines({ outcome, result, uncertainty, explanation }: PredictionAnswer, style: Style): string[] {
  if (outcome === 'abstained' || !result) return [style.yellow('abstained: the model does not answer for this row')];
  const value = style.bold(`${numberText(result.value)} ${printable(result.unit)}`);
  const around = uncertainty ? `  ${intervalText(uncertainty.interval)} (${printable(uncertainty.method)})` : '';
  if (!explanation) return [value + around];
  const parts = explanation.contributions.map((part) => [`  ${printable(part.feature)}`, signedText(part.value)] as const);
  return [value + around, ...pairLines([['  base', ` ${numberText(explanation.base)}`], ...parts])];
}

function answerTable(answers: readonly PredictionAnswer[]): string[] {
  const features = [...new Set(answers.flatMap(({ explanation }) => explanation?.contributions.map((part) => part.feature) ?? []))];
  const level = answers.find((answer) => answer.uncertainty)?.uncertainty?.interval.level;
  const isExplained = answers.some(({ explanation }) => explanation !== undefined);
  const columns: (string | TableColumn)[] = [
    right('row'),
    right('value'),
    'unit',
    right(level === undefined ? 'lower' : `${percentText(level)} from`),
    right(level === undefined ? 'upper' : 'to'),
    ...(isExplained ? ['base', ...features.map(printable)].map(right) : []),
  ];
  const rows = answers.map((answer, at) => answerRow(answer, { at, features, isExplained }));
  return tableLines(columns, rows);
}

interface AnswerPlace {
  /** Index of the row, 0-based. */
  readonly at: number;
  /** The features that have a column. */
  readonly features: readonly string[];
  readonly isExplained: boolean;
}

/** Rows count from 1 for a person. */
function answerRow(answer: PredictionAnswer, { at, features, isExplained }: AnswerPlace): string[] {
  const { outcome, result, uncertainty, explanation } = answer;
  const row = String(at + 1);
  if (outcome === 'abstained' || !result) return [row, 'abstained'];
  const interval = uncertainty?.interval;
  const bounds = interval ? [boundText(interval.lower, 'lower'), boundText(interval.upper, 'upper')] : ['', ''];
  const contributionOf = (feature: string): string => {
    const part = explanation?.contributions.find((contribution) => contribution.feature === feature);
    return part ? signedText(part.value, 4) : '';
  };
  const explained = isExplained ? [explanation ? numberText(explanation.base) : '', ...features.map(contributionOf)] : [];
  return [row, numberText(result.value), printable(result.unit), ...bounds, ...explained];
}

function intervalText({ level, lower, upper }: NonNullable<PredictionAnswer['uncertainty']>['interval']): string {
  return `${percentText(level)} interval ${boundText(lower, 'lower')} to ${boundText(upper, 'upper')}`;
}
