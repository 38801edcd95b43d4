/**
 * Connects to the platform, in bounded time. The client of the platform waits for NATS for ever, which is right for a
 * service and wrong for a person at a terminal; so the address is tried first.
 */
import { createConnection } from 'node:net';
import { Fault } from '@salus/fault';
import { connectClient, type Client } from '@salus/messaging';
import { pauseFor } from '../client/patience';
import type { Platform } from '../config';

const CONNECT_MS = 5_000;
/** How long a service may take to answer discovery, in milliseconds. */
const DISCOVERY_MS = 2_000;
const NATS_PORT = 4222;

/** @throws Fault UNAVAILABLE when NATS cannot be reached; CONFIGURATION when it refuses the credentials; CANCELLED by the signal */
export async function connectTo(platform: Platform, signal: AbortSignal): Promise<Client> {
  const { url, user, password, inboxPrefix, foundIn } = platform;
  const reachable = await Promise.all(url.split(',').map((address) => listens(address)));
  const unreachable = new Fault('UNAVAILABLE', `NATS at ${url} (from ${foundIn}) does not answer`, { url });
  if (!reachable.includes(true)) throw unreachable;
  const settled = new AbortController();
  const giveUp = pauseFor(CONNECT_MS, AbortSignal.any([signal, settled.signal])).then(() => Promise.reject(unreachable));
  const connected = connectClient({ url, user, password, inboxPrefix, name: 'salus-cli', timeoutMs: DISCOVERY_MS });
  return Promise.race([connected, giveUp]).finally(() => settled.abort());
}

/** Whether a NATS server is there: it speaks first, with INFO, unless TLS comes before everything. */
function listens(address: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(address);
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? NATS_PORT : Number(port), timeout: CONNECT_MS });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => protocol === 'tls:' && end(true));
    socket.once('data', (bytes) => end(bytes.toString('latin1').startsWith('INFO ')));
    for (const event of ['timeout', 'error', 'close'] as const) socket.once(event, () => end(false));
  });
}
