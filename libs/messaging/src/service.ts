/**
 * Runs a service: log, figures, health port, connection, Nest with our strategy, and the way down. SIGTERM and SIGINT drain
 * and exit with 0; a second signal changes nothing, since a process group and a supervisor often both send one.
 */
import type { FoundContract } from '@salus/contracts';
import { Metrics, createLog, nestLog, startHealth, type HealthPort, type Log, type LogLevel, type LogOptions } from '@salus/observability';
import type { DynamicModule, INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { FaultFilter } from './fault.filter';
import { MessagingModule } from './messaging.module';
import { NatsLink } from './nats-link';
import { SalusServer } from './salus-server';

/** What an operator sets; each app parses it in its config.ts. */
export interface ServiceConfig {
  readonly natsUrl: string;
  readonly natsUser?: string;
  readonly natsPassword?: string;
  /** Take a NATS server without accounts, where every caller counts as internal. */
  readonly allowAnonymous?: boolean;
  /** 0 takes a free port. */
  readonly healthPort: number;
  readonly healthHost?: string;
  readonly logLevel?: LogLevel;
  /** Longest a drain waits for handlers, in milliseconds; 25,000 when left out. */
  readonly drainTimeoutMs?: number;
  /** Queue group; the name of the service when left out. */
  readonly queueGroup?: string;
  /** Models that this instance is a placement for, in a queue group of its own; see SalusServerOptions. */
  readonly placedModels?: readonly string[];
}

export interface ServiceOptions {
  readonly module: Type<unknown> | DynamicModule;
  /** First token of its subjects. */
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly config: ServiceConfig;
  /** What it must answer: `scanContracts(name)`. Left out, nothing is compared. */
  readonly contracts?: readonly FoundContract[];
  /** Whether SIGTERM and SIGINT end the process; true when left out. */
  readonly handlesSignals?: boolean;
  /** Where log lines go; standard output when left out. */
  readonly logDestination?: LogOptions['destination'];
}

export interface RunningService {
  readonly app: INestMicroservice;
  readonly health: HealthPort;
  readonly log: Log;
  /** Takes no more requests, answers what is under way, shuts the modules down, disconnects. */
  close(): Promise<void>;
}

const DEFAULT_DRAIN_MS = 25_000;

/**
 * Starts a service; ends when requests reach it.
 * @throws Fault CONFIGURATION, for which the caller should end the process
 */
export async function runService(options: ServiceOptions): Promise<RunningService> {
  const { name, config } = options;
  const log = createLog({ service: name, level: config.logLevel, destination: options.logDestination });
  const metrics = new Metrics();
  const link = new NatsLink({ url: config.natsUrl, user: config.natsUser, password: config.natsPassword, name }, log);
  const server = new SalusServer({
    service: { name, version: options.version, description: options.description },
    link, log, metrics, contracts: options.contracts, queueGroup: config.queueGroup, placedModels: config.placedModels,
    allowAnonymous: config.allowAnonymous ?? false, drainTimeoutMs: config.drainTimeoutMs ?? DEFAULT_DRAIN_MS,
  });
  const parts: Parts = { log, metrics, link, server };
  const signals = options.handlesSignals === false ? undefined : catchSignals(parts);
  // From the first moment on, so that a module may use the connection while it starts. Who listens meets the refusal again.
  link.connected().catch((error: unknown) => log.debug('no connection yet', { error }));
  try {
    parts.health = await startHealth({ port: config.healthPort, host: config.healthHost, isLive: () => true, isReady: () => server.readiness(), metrics });
    const root = { module: class ServiceRoot {}, imports: [MessagingModule.forService({ link, log, metrics }), options.module] };
    parts.app = await NestFactory.createMicroservice<MicroserviceOptions>(root, { strategy: server, logger: nestLog(log), abortOnError: false });
    parts.app.useGlobalFilters(new FaultFilter());
    await parts.app.listen();
  } catch (error) {
    if (!signals?.isEnding()) log.error('the service could not start', { error });
    signals?.release();
    await closeParts(parts);
    throw error;
  }
  const close = async (): Promise<void> => {
    signals?.release();
    await closeParts(parts);
  };
  return { app: parts.app, health: parts.health, log, close };
}

interface Parts {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly link: NatsLink;
  readonly server: SalusServer;
  app?: INestMicroservice;
  health?: HealthPort;
  closing?: Promise<void>;
}

/** Closes once, in the order drain, modules, connection, health port. */
function closeParts(parts: Parts): Promise<void> {
  parts.closing ??= (async () => {
    await (parts.app ? parts.app.close() : parts.server.close());
    await parts.link.close();
    await parts.health?.close();
    parts.metrics.close();
    parts.log.info('stopped');
  })();
  return parts.closing;
}

function catchSignals(parts: Parts): { release(): void; isEnding(): boolean } {
  let isEnding = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isEnding) return;
    isEnding = true;
    parts.log.info('ending', { signal });
    closeParts(parts).then(
      () => process.exit(0),
      (error: unknown) => {
        parts.log.error('the service did not end cleanly', { error });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return {
    isEnding: () => isEnding,
    release: () => {
      if (isEnding) return;
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
    },
  };
}
