/**
 * What the platform costs over raw nats.js: the same JSON echo over the same nats-server and the same two accounts, each
 * responder in a process of its own, both clients in this one. The raw side parses and writes JSON on both ends and does
 * nothing else; ours validates, tells the caller, bounds concurrency, sends deadlines and counts.
 * Rounds are interleaved and medians are compared; only successful answers count. Started with `raw-responder` as its
 * argument, this file is the raw responder.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { Fault } from '@salus/fault';
import { median, startNats, type BenchLine, type NatsTestServer } from '@salus/testkit';
import { connect } from '@nats-io/transport-node';
import { connectClient } from './client';
import { echo } from './echo.conformance';


export const suite = 'messaging';

const RAW_SUBJECT = 'recommendation.v1.raw-echo';
const ROUNDS = 7;
const PAYLOAD = { text: 'x'.repeat(100), numbers: [1.5, 2.25, 3, 4, 5, 6, 7, 8] };
const LOADS = [
  { inFlight: 1, requests: 1_500 },
  { inFlight: 64, requests: 30_000 },
];

type Ask = () => Promise<unknown>;
interface Round {
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** Node flags with which a TypeScript file of this workspace starts. */
function childFlags(): string[] {
  return process.execArgv.length > 0 ? process.execArgv : ['--conditions=@salus/source', '-r', '@swc-node/register'];
}

async function startChild(file: string, options: { args?: string[]; nats: NatsTestServer; ready: RegExp }): Promise<ChildProcess> {
  const { nats, ready, args = [] } = options;
  const env = { ...process.env, ECHO_NATS_URL: nats.url, ECHO_USER: nats.service.user, ECHO_PASSWORD: nats.service.password, ECHO_LOG_LEVEL: 'info' };
  const child = spawn(process.execPath, [...childFlags(), file, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => ready.test(chunk.toString('utf8')) && resolve());
    child.once('exit', (exitCode) => reject(new Fault('UNAVAILABLE', `${file} ended before it was ready`, { exitCode })));
  });
  return child;
}

async function stopChild(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await gone;
}

async function measure(ask: Ask, { inFlight, requests }: (typeof LOADS)[number]): Promise<Round> {
  const durations = new Float64Array(requests);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < requests) {
      const at = next;
      next += 1;
      const begin = performance.now();
      await ask();
      durations[at] = performance.now() - begin;
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = (performance.now() - begin) / 1_000;
  durations.sort();
  return { perSecond: requests / seconds, p99Ms: durations[Math.ceil(requests * 0.99) - 1] };
}

/** Runs the suite and reports each line. */
export async function run(report: (line: BenchLine) => void): Promise<void> {
  const nats = await startNats();
  const service = await startChild(join(__dirname, `echo.conformance${__filename.endsWith('.ts') ? '.ts' : '.js'}`), { nats, ready: /"serving"/ });
  const responder = await startChild(__filename, { nats, args: ['raw-responder'], ready: /ready/ });
  const { client: user } = nats.clients;
  // Without its traces the raw client is at its fastest.
  const raw = await connect({ servers: nats.url, user: user.user, pass: user.password, inboxPrefix: user.inboxPrefix, noAsyncTraces: true });
  const client = await connectClient({ url: nats.url, user: user.user, password: user.password, inboxPrefix: user.inboxPrefix });
  const askRaw: Ask = async () => check((await raw.request(RAW_SUBJECT, JSON.stringify(PAYLOAD), { timeout: 5_000 })).json());
  const askOurs: Ask = async () => check(await client.request(echo, PAYLOAD));
  try {
    for (const load of LOADS) await compare({ load, askRaw, askOurs }, report);
  } finally {
    await client.close();
    await raw.close();
    await Promise.all([stopChild(service), stopChild(responder)]);
    await nats.stop();
  }
}

function check(reply: unknown): void {
  if ((reply as typeof PAYLOAD).numbers.length !== PAYLOAD.numbers.length) throw new Fault('INTERNAL', 'the echo is not what was sent');
}

async function compare(sides: { load: (typeof LOADS)[number]; askRaw: Ask; askOurs: Ask }, report: (line: BenchLine) => void): Promise<void> {
  const { load, askRaw, askOurs } = sides;
  const raw: Round[] = [];
  const ours: Round[] = [];
  await measure(askRaw, load);
  await measure(askOurs, load);
  for (let round = 0; round < ROUNDS; round++) {
    raw.push(await measure(askRaw, load));
    ours.push(await measure(askOurs, load));
  }
  const peerName = 'raw nats.js';
  const isLoaded = load.inFlight > 1;
  const throughput = { ours: median(ours.map((round) => round.perSecond)), peer: median(raw.map((round) => round.perSecond)) };
  const p99 = { ours: median(ours.map((round) => round.p99Ms)), peer: median(raw.map((round) => round.p99Ms)) };
  report({ name: `JSON echo, ${load.inFlight} in flight`, ...throughput, peerName, unit: 'requests/s', ratio: throughput.ours / throughput.peer, ...(isLoaded ? { goal: 0.7 } : {}) });
  report({ name: `JSON echo, ${load.inFlight} in flight, p99`, ...p99, peerName, unit: 'ms', ratio: p99.peer / p99.ours, ...(isLoaded ? { goal: 1 / 1.5 } : {}) });
}

async function respondRaw(): Promise<void> {
  const connection = await connect({ servers: process.env.ECHO_NATS_URL, user: process.env.ECHO_USER, pass: process.env.ECHO_PASSWORD });
  connection.subscribe(RAW_SUBJECT, { queue: 'raw', callback: (error, message) => void (error ?? message.respond(JSON.stringify(message.json()))) });
  await connection.flush();
  process.once('SIGTERM', () => void connection.drain().then(() => process.exit(0)));
  process.stdout.write('ready\n');
}

if (require.main === module && process.argv[2] === 'raw-responder') void respondRaw();
