/** How this room's suites start the echo service and connect to it, in this process or in one of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import type { NatsTestServer } from '@salus/testkit';
import { connectClient, type Client, type ClientOptions } from './client';
import { ECHO_SERVICE, EchoModule } from './echo.conformance';
import { runService, type RunningService, type ServiceConfig, type ServiceOptions } from './service';

const WORKSPACE = join(__dirname, '..', '..', '..');

/** Collects log lines instead of writing them. */
export class LogLines {
  readonly lines: string[] = [];

  write(line: string): void {
    this.lines.push(line);
  }

  /** Everything logged so far. */
  get text(): string {
    return this.lines.join('');
  }
}

export interface EchoOptions extends Partial<Omit<ServiceOptions, 'config'>> {
  readonly config?: Partial<ServiceConfig>;
}

/** The echo service inside this process. */
export function startEcho(nats: NatsTestServer, options: EchoOptions = {}): Promise<RunningService> {
  return runService({
    module: EchoModule, name: ECHO_SERVICE, version: '1.0.0', description: 'echo', handlesSignals: false, logDestination: new LogLines(), ...options,
    config: { natsUrl: nats.url, natsUser: nats.service.user, natsPassword: nats.service.password, healthPort: 0, ...options.config },
  });
}

/** A client with the credentials of one user of the clients' account. */
export function connectAs(nats: NatsTestServer, name: string, options: Partial<ClientOptions> = {}): Promise<Client> {
  const { user, password, inboxPrefix } = nats.clients[name];
  return connectClient({ url: nats.url, user, password, inboxPrefix, checksReplies: true, ...options });
}

/** The echo service in a process of its own. */
export interface EchoProcess {
  readonly child: ChildProcess;
  readonly log: LogLines;
  /** Ends with the exit code and signal. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Ends when a log line matches. */
  logged(pattern: RegExp): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Ends what {@link spawnEcho} started and what still runs. */
export function killEchoes(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts the echo service as a program; ends when it serves, or when it logged what is given. */
export async function spawnEcho(nats: NatsTestServer, ready = /"msg":"serving"/): Promise<EchoProcess> {
  const flags = ['--conditions=@salus/source', '-r', '@swc-node/register'];
  const env = { ...process.env, ECHO_NATS_URL: nats.url, ECHO_USER: nats.service.user, ECHO_PASSWORD: nats.service.password };
  const child = spawn(process.execPath, [...flags, join(__dirname, 'echo.conformance.ts')], { cwd: dirname(join(WORKSPACE, 'package.json')), env, stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const log = new LogLines();
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    log.write(chunk);
    waiting.forEach((look) => look());
  });
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as Awaited<EchoProcess['exited']>);
  const logged = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => void (pattern.test(log.text) && waiting.delete(look) && resolve());
      waiting.add(look);
      look();
      void exited.then(({ code }) => reject(new Error(`the service ended with ${code} before it logged ${pattern}`)));
    });
  await logged(ready);
  return { child, log, exited, logged };
}
