/**
 * Keeps programs running: what dies is started again after a pause that doubles from 250 ms to 10 s and starts over once a program has been up for
 * 30 s. Stopping goes in tiers, highest first, so that services finish their work while NATS and PostgreSQL are still there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@salus/fault';
import type { ProcessIdentity } from './process-identity';
import { describeExit, spawnProgram, untilReady, type Program, type RunningProgram } from './program';

/** The pauses before a dead program is started again, in milliseconds. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
  /** A program that was up for so long begins with the first pause again. */
  readonly steadyAfterMs: number;
}

/** What a supervisor reports and when it tries again. */
export interface SupervisorOptions {
  /** Takes one line per event; default: nobody. */
  readonly log?: (line: string) => void;
  /** Called each time that the set of processes has changed. */
  readonly onChange?: () => void;
  /** Default: 250 ms to 10 s, steady after 30 s. */
  readonly backoff?: Backoff;
}

interface Supervised {
  readonly program: Program;
  readonly tier: number;
  running: RunningProgram;
  startedAt: number;
  failures: number;
}

/** The pauses that `npm start` uses. */
export const DEFAULT_BACKOFF: Backoff = { firstMs: 250, longestMs: 10_000, steadyAfterMs: 30_000 };

/** Starts programs, starts them again when they die, and ends them all. */
export class Supervisor {
  private readonly supervised = new Map<string, Supervised>();
  private readonly stopping = new AbortController();
  private readonly log: (line: string) => void;
  private readonly onChange: () => void;
  private readonly backoff: Backoff;

  constructor({ log = () => undefined, onChange = () => undefined, backoff = DEFAULT_BACKOFF }: SupervisorOptions = {}) {
    this.log = log;
    this.onChange = onChange;
    this.backoff = backoff;
  }

  /**
   * Starts a program, waits until it is ready, and keeps it running from then on.
   *
   * @param tier programs of a higher tier are ended before those of a lower one; default 0
   * @throws Fault UNAVAILABLE when it does not become ready; it is not tried again then. CANCELLED once `stop` was called.
   */
  async start(program: Program, tier = 0): Promise<void> {
    if (this.stopping.signal.aborted) throw new Fault('CANCELLED', `${program.name} is not started: everything is being stopped`);
    if (this.supervised.has(program.name)) throw new Fault('CONFLICT', `${program.name} is supervised already`, { program: program.name });
    const entry: Supervised = { program, tier, running: spawnProgram(program), startedAt: performance.now(), failures: 0 };
    this.supervised.set(program.name, entry);
    this.onChange();
    try {
      await untilReady(program, entry.running);
    } catch (error) {
      this.supervised.delete(program.name);
      this.onChange();
      if (this.stopping.signal.aborted) throw new Fault('CANCELLED', `${program.name} was stopped while it started`, {}, error);
      throw error;
    }
    void this.keep(entry);
  }

  /** The processes that run or are being started, by program. */
  processes(): Record<string, ProcessIdentity> {
    return Object.fromEntries([...this.supervised].map(([name, { running }]) => [name, { pid: running.pid, startTime: running.startTime }]));
  }

  /** Ends everything, highest tier first, programs of one tier together; resolves when no process is left. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const entries = [...this.supervised.values()];
    const tiers = [...new Set(entries.map(({ tier }) => tier))].sort((a, b) => b - a);
    for (const tier of tiers) {
      await Promise.all(entries.filter((entry) => entry.tier === tier).map((entry) => entry.running.stop()));
    }
    this.supervised.clear();
    this.onChange();
  }

  private async keep(entry: Supervised): Promise<void> {
    const { name } = entry.program;
    for (;;) {
      const exit = await entry.running.exited;
      if (this.stopping.signal.aborted) return;
      if (performance.now() - entry.startedAt >= this.backoff.steadyAfterMs) entry.failures = 0;
      const pauseMs = Math.min(this.backoff.longestMs, this.backoff.firstMs * 2 ** entry.failures++);
      this.log(`${name} ended (${describeExit(exit)}); starting it again in ${pauseMs} ms; its output: ${entry.program.logFile}`);
      await this.pause(pauseMs);
      if (this.stopping.signal.aborted) return;
      await this.startAgain(entry);
    }
  }

  private async startAgain(entry: Supervised): Promise<void> {
    entry.running = spawnProgram(entry.program);
    entry.startedAt = performance.now();
    this.onChange();
    try {
      await untilReady(entry.program, entry.running);
      this.log(`${entry.program.name} is up again (process ${entry.running.pid})`);
    } catch (error) {
      if (!this.stopping.signal.aborted) this.log(Fault.from(error).message);
    }
  }

  private async pause(pauseMs: number): Promise<void> {
    await sleep(pauseMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
