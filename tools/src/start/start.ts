/**
 * What `npm start` does once everything is built: NATS, PostgreSQL and the services as supervised processes, then the
 * quickstart on the bundled data, then it serves until Ctrl-C or SIGTERM, which leaves no process behind.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ProgressReport } from '@salus/cli/terminal/progress';
import { styleOf, takesColour } from '@salus/cli/terminal/style';
import { Fault } from '@salus/fault';
import { runFileOf, startLocal, type Run } from '@salus/local';
import { connectClient } from '@salus/messaging';
import { pictureOf } from '../quickstart/picture';
import { runQuickstart } from '../quickstart/quickstart';
import { checkReadme, writeReadme } from '../quickstart/readme';
import { nextSteps, reportText, type QuickstartReport } from '../quickstart/report';
import { HELP, readOptions, type StartOptions } from './options';

const PARENT_WATCH_MS = 500;
const QUICKSTART_MODEL = 'blood-pressure';
/** The checkout, from tools/dist/start. */
const ROOT = join(__dirname, '..', '..', '..');

export interface Start {
  /** The checkout. */
  readonly root: string;
  readonly args: readonly string[];
  /** Takes one line of progress. */
  readonly log: (line: string) => void;
}

/** Runs until it is done or told to end; gives the exit code. */
export async function start({ root, args, log }: Start): Promise<number> {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());
  endWithNpm(ending);
  try {
    const options = readOptions(args, root);
    if (options.help) {
      console.log(HELP);
      return 0;
    }
    return await run(options, { root, log, signal: ending.signal });
  } catch (error) {
    return ending.signal.aborted ? 130 : explain(error);
  }
}

/** A signal to npm ends npm and its shell and never reaches this process, which then has another parent. */
function endWithNpm(ending: AbortController): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && ending.abort(), PARENT_WATCH_MS).unref();
}

interface Surroundings {
  readonly root: string;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

async function run(options: StartOptions, { root, log, signal }: Surroundings): Promise<number> {
  const local = await startLocal({
    folder: options.stateFolder,
    services: options.services,
    appEntry: (name) => join(root, 'apps', name, 'dist', 'main.js'),
    log,
    env: { ...process.env, SALUS_MODELS: options.modelsFolder, TEMPORARY_FOLDER: join(options.stateFolder, 'temporary'), CACHE_FOLDER: join(options.stateFolder, 'cache') },
    signal,
  });
  if (local.already) return alreadyRuns(local.already, options);
  try {
    if (options.isWhole) await quickstart(options, local.run).catch((error: unknown) => failed(error, options));
    if (options.once) return 0;
    log(`Serving ${options.services.join(', ')}. How to reach it: ${runFileOf(options.stateFolder)}. Ctrl-C ends it.`);
    await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
    log('Ending: work under way is finished first.');
    return 0;
  } finally {
    await local.stop();
  }
}

async function quickstart(options: StartOptions, run: Run): Promise<void> {
  if (!run.client) throw new Fault('CONFIGURATION', 'the quickstart is a client, and the NATS server that NATS_URL names has no known client account; run it with --only', {});
  const { user, password, inboxPrefix } = run.client;
  const client = await connectClient({ url: run.natsUrl, user, password, inboxPrefix, name: 'quickstart' });
  const isTerminal = process.stderr.isTTY === true;
  const progress = new ProgressReport({
    write: (text) => process.stderr.write(text),
    isTerminal,
    columns: () => process.stderr.columns ?? 80,
    style: styleOf(takesColour(isTerminal, { NO_COLOR: process.env.NO_COLOR, TERM: process.env.TERM })),
    now: () => performance.now(),
  });
  try {
    const outcome = await runQuickstart({ client, modelsFolder: options.modelsFolder, model: QUICKSTART_MODEL, progress: (title, moment) => progress.show(title, moment) });
    progress.end();
    if ('kept' in outcome) {
      const { model, version } = outcome.kept;
      console.log(`\nVersion ${version} of ${model} is promoted and stays; the quickstart changes nothing.\n`);
      return;
    }
    const { report } = outcome;
    const text = reportText(report);
    console.log(`\n${text}\n`);
    await keepReadme(options, { report, text });
    if (!options.once) console.log(`${nextSteps({ natsUrl: run.natsUrl, user, inboxPrefix, runFile: runFileOf(options.stateFolder) }, { model: report.model, row: report.examples[0].row })}\n`);
  } finally {
    progress.end();
    await client.close();
  }
}

async function keepReadme({ readme }: StartOptions, { report, text }: { report: QuickstartReport; text: string }): Promise<void> {
  if (readme === undefined) return;
  const [page, picture] = [join(ROOT, 'README.md'), join(ROOT, 'docs', 'pictures', `${report.model}.svg`)];
  if (readme === 'check') return checkReadme(page, text);
  await writeReadme(page, text);
  await mkdir(dirname(picture), { recursive: true });
  await writeFile(picture, pictureOf(report));
}

/** With --once the quickstart is what was asked for; else the platform serves although its example failed. */
function failed(error: unknown, { once }: StartOptions): void {
  if (once) throw error;
  explain(error);
}

function alreadyRuns(run: Run, options: StartOptions): number {
  console.log(`Salus runs already since ${run.startedAt} (process ${run.processes.salus?.pid ?? 'unknown'}): NATS at ${run.natsUrl}, credentials in ${runFileOf(options.stateFolder)}.`);
  return options.once ? 1 : 0;
}

function explain(error: unknown): number {
  const fault = Fault.from(error);
  console.error(`\n${fault.code}: ${fault.message}`);
  const { report, issues } = fault.details as { report?: { issues?: readonly object[] }; issues?: readonly object[] };
  for (const issue of (report?.issues ?? issues ?? []).slice(0, 10)) console.error(`  ${JSON.stringify(issue)}`);
  if (fault.code === 'INTERNAL') console.error(fault.cause ?? fault);
  return 1;
}
