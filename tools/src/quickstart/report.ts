/** The quickstart's result as text: what went in, what came out, how sure, why, and where the time went. */
import type { MetricValue, ReplyOf, VersionView } from '@salus/contracts';
import type { predict } from '@salus/contracts/prediction/predict';

/** One example request with its answer. */
export interface ExampleAnswer {
  readonly row: Readonly<Record<string, number | string | null>>;
  readonly answer: ReplyOf<typeof predict>['answers'][number];
  /** What the model folder says must come out. */
  readonly expected: number;
}

export interface QuickstartReport {
  readonly model: string;
  readonly title: string;
  readonly target: { readonly name: string; readonly unit: string };
  readonly rows: number;
  readonly version: VersionView;
  readonly examples: readonly ExampleAnswer[];
  readonly phases: readonly { readonly name: string; readonly ms: number }[];
}

const number = (value: number, digits = 6): string => value.toFixed(digits);

/** Columns of text padded to equal width; numbers (all but the first column) to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => '  ' + row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ').trimEnd()).join('\n');
}

function metricRow({ name, value, lower, upper }: MetricValue): string[] {
  return [name.toUpperCase().replace('R2', 'R²'), number(value), `${number(lower, 3)} to ${number(upper, 3)}`];
}

function exampleRows({ row, answer }: ExampleAnswer, unit: string): string {
  const asked = Object.entries(row).map(([name, value]) => `${name} ${value}`).join(', ');
  const { result, uncertainty, explanation } = answer;
  if (!result || !uncertainty || !explanation) return `  ${asked}: no answer`;
  const { level, lower, upper } = uncertainty.interval;
  const parts = explanation.contributions.map(({ feature, value }) => `${value < 0 ? '−' : '+'} ${Math.abs(value).toFixed(2)} (${feature})`);
  const bounds = lower === null || upper === null ? 'no finite interval' : `${lower.toFixed(1)} to ${upper.toFixed(1)}`;
  return `  ${asked}\n    ${result.value.toFixed(2)} ${unit}, ${Math.round(level * 100)} % interval ${bounds}\n    = ${explanation.base.toFixed(2)} (average) ${parts.join(' ')}`;
}

/** The whole report, ready to print. */
export function reportText(report: QuickstartReport): string {
  const { version, target } = report;
  const coefficients = (version.coefficients ?? []).map(({ name, value, standardError, t }) => [
    name, value.toFixed(8), standardError === null ? '–' : standardError.toFixed(6), t === null ? '–' : t.toFixed(2),
  ]);
  const total = report.phases.reduce((sum, { ms }) => sum + ms, 0);
  const sections = [
    `${report.title} (${report.model}, version ${version.version}): ${target.name} in ${target.unit}`,
    `Data: ${report.rows} rows, ${version.rows.train} for training, ${version.rows.test} for testing`,
    `On the test rows, with 95 % bootstrap intervals\n${table([['metric', 'value', 'interval'], ...version.metrics.map(metricRow)])}`,
    coefficients.length === 0 ? '' : `Coefficients in original units\n${table([['', 'value', 'standard error', 't'], ...coefficients])}`,
    `Three answers\n${report.examples.map((example) => exampleRows(example, target.unit)).join('\n')}`,
    `Where the time went\n${table([...report.phases.map(({ name, ms }) => [name, `${Math.round(ms)} ms`]), ['in all', `${Math.round(total)} ms`]])}`,
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** How to send the next request, with the CLI and with a client that knows nothing of Salus. */
export function nextSteps(access: { natsUrl: string; user: string; inboxPrefix: string; runFile: string }, example: { model: string; row: ExampleAnswer['row'] }): string {
  const body = JSON.stringify({ rows: [example.row], explain: true });
  // The password stays in run.json: what is printed here ends up in logs.
  const password = `"$(node -p 'require("${access.runFile}").client.password')"`;
  return [
    'Ask it yourself',
    `  npm run -s salus -- predict ${example.model} '${JSON.stringify(example.row)}'`,
    'or with any NATS client, such as the nats tool',
    `  nats request -s ${access.natsUrl} --user ${access.user} --password ${password} --inbox-prefix ${access.inboxPrefix} \\`,
    `    prediction.v1.predict.${example.model} '${body}'`,
    'or with nothing but a socket: node docs/examples/plain-request.mjs',
  ].join('\n');
}
