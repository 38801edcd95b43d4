export { askPython, median, type BenchLine } from './bench';
export { dataPath, describeWithData, describeWithFixtures, fixturePath } from './fixtures';
export { startNats, type NatsTestClient, type NatsTestServer } from './nats';
export { startPostgres, type PostgresTestServer } from './postgres';
export type { PrivateServer } from './private-server';
export { RawSocketClient, type RawMessage, type RawReply, type RawRequestOptions, type RawSocketOptions } from './raw-socket-client';
