export { findExecutable, isExecutable, programFile } from './executable';
export { findNatsServer, type FindNatsOptions, type NatsServer } from './find-nats-server';
export { findPostgres, findPostgresPrograms, type PostgresPrograms, type PostgresServer } from './find-postgres';
export { canBind, freePort, withPort } from './free-port';
export { endLeftovers, type LeftoverOptions } from './leftovers';
export { takeLock, type LockOutcome } from './lock-file';
export { inboxPrefixOf, MAX_PAYLOAD_BYTES, SERVICE_NAMES, writeNatsConfig, type NatsConfigOptions, type NatsCredentials } from './nats-config';
export { postgresAccount, type Account } from './postgres-account';
export { endProcess, identifyProcess, isRunning, signalProcess, type ProcessIdentity } from './process-identity';
export { describeExit, launch, spawnProgram, untilReady, type Program, type ProgramExit, type ProgramStart, type RunningProgram } from './program';
export { clientNatsUrl, isRunAlive, readRun, removeRun, runFileOf, RUN_SCHEMA, writeRun, type Run } from './run-file';
export {
  natsUrlOf,
  prepareNats,
  randomNatsUser,
  startNats,
  type NatsAccess,
  type NatsClientUser,
  type NatsOptions,
  type NatsUser,
  type RunningNats,
} from './start-nats';
export { preparePostgres, startPostgres, stateFolder, type PostgresOptions, type RunningPostgres } from './start-postgres';
export { startLocal, type LocalOptions, type StartedLocal } from './start-local';
export { DEFAULT_BACKOFF, Supervisor, type Backoff, type SupervisorOptions } from './supervisor';
