/**
 * The health port of a service: plain node:http, so that no web framework comes in. `/live` says that the process works,
 * `/ready` that requests reach it, `/metrics` gives the figures. It listens on loopback unless told otherwise.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Fault } from '@salus/fault';
import type { Metrics } from './metrics';

/** What a check says: true, or the reason why not (no data of requests in it). */
export type HealthCheck = () => true | string;

export interface HealthOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly host?: string;
  readonly isLive: HealthCheck;
  readonly isReady: HealthCheck;
  readonly metrics: Metrics;
}

export interface HealthPort {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(`${JSON.stringify(body)}\n`);
}

function sendCheck(response: ServerResponse, check: HealthCheck): void {
  const verdict = check();
  if (verdict === true) send(response, 200, { status: 'ok' });
  else send(response, 503, { status: 'unavailable', reason: verdict });
}

async function answer(options: HealthOptions, path: string, response: ServerResponse): Promise<void> {
  if (path === '/live') return sendCheck(response, options.isLive);
  if (path === '/ready') return sendCheck(response, options.isReady);
  if (path !== '/metrics') return send(response, 404, { status: 'unknown path', paths: ['/live', '/ready', '/metrics'] });
  const text = await options.metrics.text();
  response.writeHead(200, { 'Content-Type': options.metrics.registry.contentType }).end(text);
}

/**
 * Opens the health port.
 * @throws Fault CONFIGURATION when the port cannot be opened
 */
export async function startHealth(options: HealthOptions): Promise<HealthPort> {
  const host = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, { status: 'only GET is answered' });
    const path = (request.url ?? '/').split('?')[0];
    answer(options, path, response).catch(() => send(response, 500, { status: 'the figures could not be read' }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new Fault('CONFIGURATION', `the health port ${host}:${options.port} cannot be opened (${error.code})`, { host, port: options.port }, error));
    });
    server.listen(options.port, host, () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
