/**
 * What of the platform answers now. Each service that the contracts name is asked by service discovery (NATS ADR-32), so a
 * service without load answers too; one that runs nowhere is told as silent and is no fault.
 */
import { scanContracts, serviceOf, type JobView, type VersionView } from '@salus/contracts';
import { listVersions } from '@salus/contracts/training/list-versions';
import { Fault } from '@salus/fault';
import type { Client } from '@salus/messaging';
import { jobServices, listJobs } from './jobs';

/** One service; version and time are null when it did not answer. */
export interface ServiceStatus {
  readonly service: string;
  readonly answers: boolean;
  readonly version: string | null;
  /** From question to first answer, in milliseconds. */
  readonly roundTripMs: number | null;
}

export interface PlatformStatus {
  readonly services: readonly ServiceStatus[];
  /** Versions that an alias points at; null when training did not answer. */
  readonly promoted: readonly VersionView[] | null;
  /** Jobs that run now; null when no service with jobs answered. */
  readonly running: readonly JobView[] | null;
}

const MOST_LISTED = 500;

/** @throws Fault UNAVAILABLE when no service answers */
export async function platformStatus(client: Client): Promise<PlatformStatus> {
  const names = [...new Set(scanContracts().flatMap(({ contract }) => (contract.kind === 'operation' ? [serviceOf(contract)] : [])))].sort();
  const services = await Promise.all(names.map((service) => ping(client, service)));
  const answering = services.filter(({ answers }) => answers).map(({ service }) => service);
  if (answering.length === 0) throw new Fault('UNAVAILABLE', 'NATS answers and none of the services does', { services: names });
  const withJobs = jobServices().filter((service) => answering.includes(service));
  const [promoted, running] = await Promise.all([
    answering.includes('training') ? promotedVersions(client) : null,
    withJobs.length > 0 ? listJobs(client, { state: 'running', limit: MOST_LISTED, services: withJobs }).then(({ jobs }) => jobs) : null,
  ]);
  return { services, promoted, running };
}

async function promotedVersions(client: Client): Promise<VersionView[]> {
  const { versions } = await client.request(listVersions, { limit: MOST_LISTED });
  return versions.filter(({ aliases }) => aliases.length > 0);
}

async function ping(client: Client, service: string): Promise<ServiceStatus> {
  const started = performance.now();
  try {
    const { data } = await client.raw(`$SRV.PING.${service}`, '');
    const answer = JSON.parse(Buffer.from(data).toString('utf8')) as { version?: unknown };
    const roundTripMs = Math.round((performance.now() - started) * 100) / 100;
    return { service, answers: true, version: typeof answer.version === 'string' ? answer.version : null, roundTripMs };
  } catch (error) {
    if (!Fault.is(error) || !['UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(error.code)) throw error;
    return { service, answers: false, version: null, roundTripMs: null };
  }
}
