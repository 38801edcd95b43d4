/** A row that stands for many: what a describe operation shows as an example. It is made of summaries, never a person's row. */
import type { Feature } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { columnOf, type CategoryColumn, type NumberColumn, type Table } from './table';

/**
 * The median of each number (the lower one of two in the middle; rounded for an integer feature) and the most frequent level of
 * each category (the first of equals), over the rows where the feature is known.
 * @throws Fault TOO_FEW_ROWS when a feature is missing in every row
 */
export function typicalRow(features: readonly Feature[], table: Table): Record<string, number | string> {
  return Object.fromEntries(
    features.map((feature) => {
      const column = columnOf(table, feature.name);
      const value = column.kind === 'number' ? lowerMedian(column) : mostFrequent(column);
      if (value === undefined) throw new Fault('TOO_FEW_ROWS', `feature ${feature.name} is missing in every row`, { column: feature.name });
      return [feature.name, feature.type === 'number' && feature.integer ? Math.round(value as number) : value];
    }),
  );
}

function lowerMedian({ values }: NumberColumn): number | undefined {
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  return known.length === 0 ? undefined : known[Math.floor((known.length - 1) / 2)];
}

function mostFrequent({ codes, levels }: CategoryColumn): string | undefined {
  const counts = new Int32Array(levels.length);
  for (const code of codes) if (code >= 0) counts[code]++;
  const most = Math.max(0, ...counts);
  return most === 0 ? undefined : levels[counts.indexOf(most)];
}
