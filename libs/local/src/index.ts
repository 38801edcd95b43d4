export { findExecutable, isExecutable, programFile } from './executable';
export { findNatsServer, type FindNatsOptions, type NatsServer } from './find-nats-server';
export { findPostgres, findPostgresPrograms, type PostgresPrograms, type PostgresServer } from './find-postgres';
export { canBind, freePort, withPort } from './free-port';
export { inboxPrefixOf, MAX_PAYLOAD_BYTES, SERVICE_NAMES, writeNatsConfig, type NatsConfigOptions, type NatsCredentials } from './nats-config';
export { postgresAccount, type Account } from './postgres-account';
export { endProcess, identifyProcess, isRunning, signalProcess, type ProcessIdentity } from './process-identity';
export { describeExit, launch, type Program, type ProgramExit, type ProgramStart, type RunningProgram } from './program';
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
