import type { JobView } from '@salus/contracts';
import type { Fault } from '@salus/fault';
import type { ProgressReport } from '../terminal/progress';

/** Jobs as progress; it remembers the last one for the moment of an interrupt. */
export class JobProgress {
  private shown?: JobView;

  constructor(private readonly progress: ProgressReport) {}

  /** The job that was shown last. */
  get last(): JobView | undefined {
    return this.shown;
  }

  /** Shows where a job is. */
  show(job: JobView): void {
    this.shown = job;
    this.progress.show(`${job.name}${job.model === null ? '' : ` ${job.model}`}`, { ...job.progress, phase: phaseOf(job) });
  }

  /** Tells that the platform does not answer now. */
  wait(fault: Fault): void {
    this.progress.note(`waiting for the platform: ${fault.message}`);
  }
}

function phaseOf({ state, attempt, maxAttempts, progress }: JobView): string {
  const phase = state === 'running' ? progress.phase : state;
  return attempt > 1 ? `${phase} (attempt ${attempt} of ${maxAttempts})` : phase;
}
