import type { MetricValue } from '@salus/contracts';
import { printable } from './printable';
import { numberText, percentText } from './quantity';
import { tableLines } from './table';

/** A table of metrics with the bounds of their intervals. */
export function metricLines(metrics: readonly MetricValue[]): string[] {
  return tableLines(
    ['metric', { heading: 'value', align: 'right' }, { heading: 'lower', align: 'right' }, { heading: 'upper', align: 'right' }, 'interval'],
    metrics.map((metric) => [printable(metric.name), numberText(metric.value), numberText(metric.lower), numberText(metric.upper), percentText(metric.level)]),
  );
}

/** A metric in one cell: `rmse 10.9`. */
export function metricText({ name, value }: MetricValue): string {
  return `${printable(name)} ${numberText(value, 4)}`;
}

/** A metric with its interval in one cell: `rmse 10.9 [9.4, 12.4]`. */
export function metricIntervalText({ name, value, lower, upper }: MetricValue): string {
  return `${printable(name)} ${numberText(value, 4)} [${numberText(lower, 4)}, ${numberText(upper, 4)}]`;
}
