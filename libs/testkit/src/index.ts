export { startNats, type NatsTestClient, type NatsTestServer } from './nats';
export { startPostgres, type PostgresTestServer } from './postgres';
export type { PrivateServer } from './private-server';
