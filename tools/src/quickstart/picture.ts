/**
 * The answers of the quickstart as a picture (SVG): per example the interval, the prediction, and how the contributions lead
 * from the average to it. Drawn from the answers alone, so that the picture shows what the service said.
 */
import type { ExampleAnswer, QuickstartReport } from './report';

const WIDTH = 760;
const LEFT = 40;
const RIGHT = 40;
const ROW = 118;
const TOP = 56;
const UP = '#1b7f5c';
const DOWN = '#b4552d';
const INK = '#1f2933';
const PALE = '#dbe4ec';

const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

interface Scale {
  readonly low: number;
  readonly high: number;
  at(value: number): number;
}

/** A round scale that holds every bound of every interval. */
function scaleOf(examples: readonly ExampleAnswer[]): Scale {
  const ends = examples.flatMap(({ answer }) => [answer.uncertainty?.interval.lower ?? answer.result?.value ?? 0, answer.uncertainty?.interval.upper ?? answer.result?.value ?? 0]);
  const low = Math.floor((Math.min(...ends) - 2) / 10) * 10;
  const high = Math.ceil((Math.max(...ends) + 2) / 10) * 10;
  return { low, high, at: (value) => LEFT + ((value - low) / (high - low)) * (WIDTH - LEFT - RIGHT) };
}

const text = (x: number, y: number, content: string): string => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}">${escape(content)}</text>`;
const styled = (x: number, y: number, { content, attributes }: { content: string; attributes: string }): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escape(content)}</text>`;

/** One step of the way from the average to the prediction. */
function stepOf(from: number, to: number, y: number): string {
  const colour = to >= from ? UP : DOWN;
  return `<line x1="${from.toFixed(1)}" x2="${to.toFixed(1)}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="6"/>`;
}

function exampleOf({ row, answer }: ExampleAnswer, scale: Scale, top: number): string {
  const { result, uncertainty, explanation } = answer;
  if (!result || !uncertainty || !explanation) return '';
  const { lower, upper, level } = uncertainty.interval;
  const parts = [text(LEFT, top, Object.entries(row).map(([name, value]) => `${name} ${value}`).join(', '))];
  const axis = top + 22;
  if (lower !== null && upper !== null) {
    parts.push(`<rect x="${scale.at(lower).toFixed(1)}" y="${axis - 7}" width="${(scale.at(upper) - scale.at(lower)).toFixed(1)}" height="14" rx="7" fill="${PALE}"/>`);
    parts.push(styled(scale.at(upper) + 6, axis + 4, { content: `${Math.round(level * 100)} %`, attributes: 'fill="#6b7a88" font-size="11"' }));
  }
  parts.push(`<circle cx="${scale.at(result.value).toFixed(1)}" cy="${axis}" r="6" fill="${INK}"/>`);
  parts.push(styled(scale.at(result.value), axis - 12, { content: result.value.toFixed(1), attributes: 'text-anchor="middle" font-weight="600"' }));
  let reached = explanation.base;
  explanation.contributions.forEach(({ feature, value }, at) => {
    const y = axis + 18 + at * 13;
    const end = Math.max(scale.at(reached), scale.at(reached + value));
    parts.push(stepOf(scale.at(reached), scale.at(reached + value), y));
    parts.push(styled(end + 6, y + 4, { content: `${feature} ${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`, attributes: `fill="${value < 0 ? DOWN : UP}" font-size="11"` }));
    reached += value;
  });
  return parts.join('\n');
}

/** The picture of a report. */
export function pictureOf({ title, target, examples }: QuickstartReport): string {
  const scale = scaleOf(examples);
  const base = examples[0]?.answer.explanation?.base ?? scale.low;
  const height = TOP + examples.length * ROW + 24;
  const ticks = Array.from({ length: (scale.high - scale.low) / 10 + 1 }, (_, index) => scale.low + index * 10);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="${INK}" role="img">`,
    `<title>${escape(title)}: predictions with interval and contributions</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    styled(LEFT, 24, { content: `${title}, ${target.unit}: from the average to the answer`, attributes: 'font-size="15" font-weight="600"' }),
    ...ticks.map((tick) => `<line x1="${scale.at(tick).toFixed(1)}" x2="${scale.at(tick).toFixed(1)}" y1="${TOP - 16}" y2="${height - 22}" stroke="#eef2f5"/>`),
    ...ticks.map((tick) => styled(scale.at(tick), height - 8, { content: String(tick), attributes: 'text-anchor="middle" fill="#6b7a88" font-size="11"' })),
    `<line x1="${scale.at(base).toFixed(1)}" x2="${scale.at(base).toFixed(1)}" y1="${TOP - 16}" y2="${height - 22}" stroke="#6b7a88" stroke-dasharray="3 3"/>`,
    styled(scale.at(base), TOP - 18, { content: 'average', attributes: 'text-anchor="middle" fill="#6b7a88" font-size="11"' }),
    ...examples.map((example, at) => exampleOf(example, scale, TOP + at * ROW)),
    '</svg>',
    '',
  ].join('\n');
}
