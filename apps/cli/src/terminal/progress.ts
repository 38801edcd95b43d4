/**
 * Progress of what runs elsewhere, on standard error so that standard output stays the answer alone. On a terminal it is one
 * line that is drawn again; elsewhere it is a line per phase, so that a log stays readable.
 */
import { printable } from './printable';
import { durationText, numberText } from './quantity';
import { widthOf, type Style } from './style';

const BAR_WIDTH = 24;
const REDRAW_MS = 250;
const ERASE_LINE = '\r\x1b[2K';

/** Progress at one moment, as jobs and uploads report it. */
export interface Moment {
  /** 0 to 100. */
  readonly percent: number;
  readonly phase: string;
  /** Figures of the moment by name. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** Where and how progress is drawn. */
export interface ProgressSurface {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Width of the terminal now, in columns. */
  readonly columns: () => number;
  readonly style: Style;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

interface Drawn {
  readonly title: string;
  readonly since: number;
  moment: Moment;
}

/** How one line is drawn. */
export interface LineOptions {
  /** Since the title was first shown. */
  readonly elapsedMs: number;
  /** Width of the terminal. */
  readonly columns: number;
  readonly style: Style;
}

/** Title, bar, percent, phase, figures and time, cut to a width. */
export function progressLine(title: string, moment: Moment, { elapsedMs, columns, style }: LineOptions): string {
  const percent = Math.min(100, Math.max(0, Number.isFinite(moment.percent) ? moment.percent : 0));
  const full = Math.round((percent / 100) * BAR_WIDTH);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
  const figures = Object.entries(moment.metrics ?? {}).map(([name, value]) => `${printable(name)} ${numberText(value)}`);
  const before = `${printable(title)}  `;
  const facts = [printable(moment.phase), ...figures, durationText(elapsedMs)].filter((part) => part !== '');
  const after = `  ${String(Math.floor(percent)).padStart(3)} %  ${facts.join(' · ')}`;
  const room = Math.max(0, columns - 1 - widthOf(before) - BAR_WIDTH);
  if (columns - 1 < widthOf(before) + BAR_WIDTH) return [...`${before}${String(Math.floor(percent))} %`].slice(0, Math.max(0, columns - 1)).join('');
  return `${before}${style.cyan(bar)}${[...after].slice(0, room).join('')}`;
}

/** Draws progress until `end` is called. */
export class ProgressReport {
  private drawn?: Drawn;
  private lastPhase = '';
  private timer?: NodeJS.Timeout;

  constructor(private readonly surface: ProgressSurface) {}

  /** Shows where something is; another title begins a line of its own. */
  show(title: string, moment: Moment): void {
    if (this.drawn?.title !== title) {
      this.finishLine();
      this.drawn = { title, since: this.surface.now(), moment };
    }
    this.drawn.moment = moment;
    if (this.surface.isTerminal) this.redraw();
    else this.writePhase(title, moment);
  }

  /** A line of text between progress, such as why nothing moves. */
  note(text: string): void {
    if (this.drawn && this.surface.isTerminal) this.surface.write(ERASE_LINE);
    this.surface.write(`${this.surface.style.dim(printable(text))}\n`);
    if (this.drawn && this.surface.isTerminal) this.redraw();
  }

  /** Ends the drawing; what was last shown stays. */
  end(): void {
    this.finishLine();
    this.drawn = undefined;
  }

  private redraw(): void {
    const { drawn, surface } = this;
    if (!drawn) return;
    const elapsedMs = surface.now() - drawn.since;
    surface.write(ERASE_LINE + progressLine(drawn.title, drawn.moment, { elapsedMs, columns: surface.columns(), style: surface.style }));
    this.timer ??= setInterval(() => this.redraw(), REDRAW_MS).unref();
  }

  private writePhase(title: string, moment: Moment): void {
    const phase = `${title}: ${moment.phase}`;
    if (phase === this.lastPhase) return;
    this.lastPhase = phase;
    this.surface.write(`${printable(phase)} (${Math.floor(moment.percent)} %)\n`);
  }

  private finishLine(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    if (this.drawn && this.surface.isTerminal) this.surface.write('\n');
  }
}
