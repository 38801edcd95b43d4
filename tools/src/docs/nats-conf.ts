/**
 * The NATS configuration that docker/ ships, made by the same function that writes the one of `npm start`, so that the two accounts never differ.
 * Passwords are read by the server from its environment; `sync_interval: always` needs nats-server 2.10 or newer.
 */
import { writeNatsConfig } from '@salus/local';

/** Version that the compose file and the Kubernetes manifests pin, at least. */
export const NATS_VERSION = '2.12.3';

/** Users of the shipped configuration with the environment variable that holds each one's password. */
export const SHIPPED_USERS = {
  service: { user: 'salus', password: { env: 'SALUS_SERVICE_PASSWORD' } },
  client: { user: 'client', password: { env: 'SALUS_CLIENT_PASSWORD' } },
} as const;

/** The text of docker/nats.conf. */
export function shippedNatsConfig(): string {
  const text = writeNatsConfig({
    host: '0.0.0.0',
    port: 4222,
    monitorPort: 8222,
    serverVersion: NATS_VERSION,
    storeFolder: '/data',
    service: SHIPPED_USERS.service,
    clients: [SHIPPED_USERS.client],
  });
  const note = '# Generated, do not edit: npm run docs. Needs nats-server 2.12.3 or newer; the passwords come from the environment.';
  return text.replace(/^#.*$/m, note);
}
