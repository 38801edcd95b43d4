import type { serviceSettings } from '@salus/contracts';
import type { z } from 'zod';
import type { ServiceConfig } from './service';

const CREDENTIALS = /^([a-z]+:\/\/)([^:@/]+):([^@/]*)@(.+)$/;

/**
 * What `runService` needs, from the settings that every app's config.ts has. User and password may stand in the address,
 * `nats://user:password@host:port`; NATS_USER and NATS_PASSWORD win.
 */
export function serviceConfigOf(settings: z.output<typeof serviceSettings>): ServiceConfig {
  const servers = settings.NATS_URL.split(',').map((url) => CREDENTIALS.exec(url.trim()) ?? [url, '', '', '', url.trim()]);
  const [, , user, password] = servers[0];
  return {
    natsUrl: servers.map(([, scheme, , , host]) => `${scheme}${host}`).join(','),
    natsUser: settings.NATS_USER ?? (user === '' ? undefined : decodeURIComponent(user)),
    natsPassword: settings.NATS_PASSWORD ?? (password === '' ? undefined : decodeURIComponent(password)),
    queueGroup: settings.NATS_QUEUE,
    allowAnonymous: settings.ALLOW_ANONYMOUS,
    healthHost: settings.HEALTH_HOST,
    healthPort: settings.HEALTH_PORT,
    logLevel: settings.LOG_LEVEL,
    drainTimeoutMs: settings.DRAIN_TIMEOUT_MS,
  };
}
