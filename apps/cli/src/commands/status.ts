import { z } from 'zod';
import { platformStatus, type PlatformStatus } from '../client/platform-status';
import { defineCommand } from '../command-line/command';
import { jobTable } from '../terminal/job-lines';
import { metricText } from '../terminal/metric-lines';
import { printable } from '../terminal/printable';
import type { Style } from '../terminal/style';
import { tableLines } from '../terminal/table';

export const status = defineCommand({
  name: 'status',
  summary: 'Show which services answer and how fast, which versions are promoted and which jobs run.',
  input: z.strictObject({}),
  run: async (_input, { connect }) => platformStatus(await connect()),
  print: (platform, style) => [...serviceLines(platform, style), '', ...promotedLines(platform, style), '', ...jobLines(platform, style)],
});

function serviceLines({ services }: PlatformStatus, style: Style): string[] {
  return tableLines(
    ['service', 'state', 'release', { heading: 'round trip', align: 'right' }],
    services.map(({ service, answers, version, roundTripMs }) => [
      service,
      answers ? style.green('answers') : style.yellow('silent'),
      printable(version ?? ''),
      roundTripMs === null ? '' : `${roundTripMs.toFixed(1)} ms`,
    ]),
  );
}

function promotedLines({ promoted }: PlatformStatus, style: Style): string[] {
  if (promoted === null) return [style.yellow('promoted versions: training does not answer')];
  if (promoted.length === 0) return [`no promoted version; "${style.command('promote <model> <version>')}" promotes one`];
  return tableLines(
    ['model', { heading: 'version', align: 'right' }, 'alias', 'metrics'],
    promoted.map((version) => [version.model, String(version.version), version.aliases.map(printable).join(', '), version.metrics.map(metricText).join('  ')]),
  );
}

function jobLines({ running }: PlatformStatus, style: Style): string[] {
  if (running === null) return [style.yellow('running jobs: no service with jobs answers')];
  return running.length === 0 ? ['no job runs'] : jobTable(running, style);
}
