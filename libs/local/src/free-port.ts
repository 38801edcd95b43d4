import { createServer } from 'node:net';
import { Fault } from '@salus/fault';

// Below the range from which operating systems take outgoing ports: a client that reconnects to a port of that range while nobody listens can
// be given the very same port as its own, connect to itself and keep the restarted server from binding.
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;
const ATTEMPTS = 50;
const PORT_ATTEMPTS = 5;

/**
 * A TCP port on 127.0.0.1 that nobody listens on at this moment, in 20000–32000.
 * Another process may take it before it is used: whoever binds it tries again with another one.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT + 1));
    if (await canBind(port)) return port;
  }
  return bind(0);
}

/** Whether a TCP port of 127.0.0.1 can be bound at this moment. */
export async function canBind(port: number): Promise<boolean> {
  return bind(port).then(
    () => true,
    () => false,
  );
}

/** Runs a start on the given port, or on free ones until none was taken in between. */
export async function withPort<T>(given: number | undefined, start: (port: number) => Promise<T>): Promise<T> {
  if (given !== undefined) return start(given);
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      const taken = Fault.is(error) && /address already in use|could not bind/i.test(error.message);
      if (!taken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

function bind(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no TCP address'))));
    });
  });
}
