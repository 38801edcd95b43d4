import type { serviceSettings } from '@salus/contracts';
import type { z } from 'zod';
import type { ServiceConfig } from './service';

/**
 * What `runService` needs, from the settings that every app's config.ts has. User and password may stand in the address,
 * `nats://user:password@host:port`; NATS_USER and NATS_PASSWORD win.
 */
export function serviceConfigOf(settings: z.output<typeof serviceSettings>): ServiceConfig {
  return {
    natsUrl: settings.NATS_URL,
    natsUser: settings.NATS_USER,
    natsPassword: settings.NATS_PASSWORD,
    queueGroup: settings.NATS_QUEUE,
    allowAnonymous: settings.ALLOW_ANONYMOUS,
    healthHost: settings.HEALTH_HOST,
    healthPort: settings.HEALTH_PORT,
    logLevel: settings.LOG_LEVEL,
    drainTimeoutMs: settings.DRAIN_TIMEOUT_MS,
  };
}
