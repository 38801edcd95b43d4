/**
 * The figures of one process, in the Prometheus text form. Labels are subjects as written in contracts (`{model}` is not
 * filled in), codes and job names: never a value out of a request. The counts of the hot path are plain numbers that are
 * handed to prom-client when somebody reads them.
 */
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const SECONDS_PER_NANOSECOND = 1e-9;

/** The counts of one operation; its owner changes the numbers directly. */
export class OperationMeter {
  inFlight = 0;
  waiting = 0;
  overloaded = 0;
  readonly countByCode = new Map<string, number>();

  constructor(
    readonly subject: string,
    private readonly observe: (seconds: number) => void,
  ) {}

  /**
   * Counts one answered request.
   * @param code `OK` or a fault code
   * @param seconds from arrival to answer
   */
  answered(code: string, seconds: number): void {
    this.countByCode.set(code, (this.countByCode.get(code) ?? 0) + 1);
    this.observe(seconds);
  }
}

/** The registry of a process and the meters that fill it. */
export class Metrics {
  readonly registry = new Registry();
  private readonly meters = new Map<string, OperationMeter>();
  private readonly loopDelay: IntervalHistogram = monitorEventLoopDelay({ resolution: 20 });
  private readonly durations: Histogram<'subject'>;
  private readonly jobs: Counter<'job' | 'state'>;
  private readonly jobDurations: Histogram<'job' | 'state'>;

  constructor() {
    const registers = [this.registry];
    this.durations = new Histogram({ name: 'salus_request_duration_seconds', help: 'Time from arrival to answer', labelNames: ['subject'], buckets: BUCKETS_SECONDS, registers });
    this.jobs = new Counter({ name: 'salus_jobs_total', help: 'Jobs that reached a state', labelNames: ['job', 'state'], registers });
    this.jobDurations = new Histogram({
      name: 'salus_job_duration_seconds', help: 'Time of one attempt of a job', labelNames: ['job', 'state'], buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 3_600], registers,
    });
    this.exposeOperations();
    this.exposeProcess();
  }

  /** The meter of an operation, one for each subject. */
  operation(subject: string): OperationMeter {
    let meter = this.meters.get(subject);
    if (!meter) {
      const timer = this.durations.labels(subject);
      meter = new OperationMeter(subject, (seconds) => timer.observe(seconds));
      this.meters.set(subject, meter);
    }
    return meter;
  }

  /**
   * Counts a job that reached a state.
   * @param job `<service>/<job name>`
   * @param seconds how long its attempt ran, when it ran
   */
  jobReached(job: string, state: string, seconds?: number): void {
    this.jobs.labels(job, state).inc();
    if (seconds !== undefined) this.jobDurations.labels(job, state).observe(seconds);
  }

  /** Everything in the Prometheus text form. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** Stops measuring the event loop; the process may end. */
  close(): void {
    this.loopDelay.disable();
  }

  private exposeOperations(): void {
    const meters = this.meters;
    const registers = [this.registry];
    new Counter({
      name: 'salus_requests_total', help: 'Requests answered', labelNames: ['subject', 'code'], registers,
      collect() {
        this.reset();
        for (const meter of meters.values()) for (const [code, count] of meter.countByCode) this.inc({ subject: meter.subject, code }, count);
      },
    });
    new Counter({
      name: 'salus_requests_overloaded_total', help: 'Requests refused as OVERLOADED', labelNames: ['subject'], registers,
      collect() {
        this.reset();
        for (const meter of meters.values()) this.inc({ subject: meter.subject }, meter.overloaded);
      },
    });
    for (const [name, help, key] of [['salus_requests_in_flight', 'Requests being worked on', 'inFlight'], ['salus_requests_waiting', 'Requests waiting for their turn', 'waiting']] as const)
      new Gauge({
        name, help, labelNames: ['subject'], registers,
        collect() {
          for (const meter of meters.values()) this.set({ subject: meter.subject }, meter[key]);
        },
      });
  }

  private exposeProcess(): void {
    const { loopDelay, registry } = this;
    loopDelay.enable();
    new Gauge({
      name: 'salus_event_loop_lag_seconds', help: 'Delay of the event loop since the last reading', labelNames: ['quantile'], registers: [registry],
      collect() {
        for (const quantile of [50, 99]) this.set({ quantile: String(quantile / 100) }, loopDelay.percentile(quantile) * SECONDS_PER_NANOSECOND);
        this.set({ quantile: '1' }, loopDelay.max * SECONDS_PER_NANOSECOND);
        loopDelay.reset();
      },
    });
    new Gauge({
      name: 'process_resident_memory_bytes', help: 'Resident memory', registers: [registry],
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
  }
}
