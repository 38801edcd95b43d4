import type { JobView } from '@salus/contracts';
import { printable } from './printable';
import { timeText } from './quantity';
import type { Style } from './style';
import { pairLines, tableLines } from './table';

/** A table of jobs. */
export function jobTable(jobs: readonly JobView[], style: Style): string[] {
  return tableLines(
    ['job', 'work', 'model', 'state', { heading: 'done', align: 'right' }, 'created'],
    jobs.map((job) => [job.id, workText(job), job.model ?? '', stateText(job, style), `${Math.floor(job.progress.percent)} %`, timeText(job.createdAt)]),
  );
}

/** All that a person wants to know of one job. */
export function jobLines(job: JobView, style: Style): string[] {
  const { progress, failure, result } = job;
  return pairLines([
    ['job', style.bold(job.id)],
    ['work', workText(job)],
    ['model', job.model ?? ''],
    ['state', stateText(job, style)],
    ['progress', `${Math.floor(progress.percent)} % ${printable(progress.phase)}`],
    ['attempt', `${job.attempt} of ${job.maxAttempts}`],
    ['created', timeText(job.createdAt)],
    ['started', timeText(job.startedAt)],
    ['ended', timeText(job.endedAt)],
    ...(failure ? [['failure', `${printable(failure.code)}: ${printable(failure.message)}`] as const] : []),
    ...Object.entries(result ?? {}).map(([name, value]) => [printable(name), valueText(value)] as const),
  ]);
}

function workText({ service, name }: JobView): string {
  return `${printable(service)}/${printable(name)}`;
}

function valueText(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

function stateText({ state }: JobView, style: Style): string {
  if (state === 'succeeded') return style.green(state);
  if (state === 'failed') return style.red(state);
  return state === 'running' ? style.cyan(state) : state;
}
