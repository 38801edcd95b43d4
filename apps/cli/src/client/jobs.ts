/**
 * Jobs of any service, seen from outside. Which services have jobs follows from the contracts, so a new service with jobs
 * needs no change here.
 */
import { cancelJobOf, getJobOf, isEnded, listJobsOf, scanContracts, type JobContract, type JobResultOf, type JobState, type JobView } from '@salus/contracts';
import { Fault, isFaultCode } from '@salus/fault';
import { patiently, pauseFor, type Patience } from './patience';
import type { PlatformClient } from './platform-client';

/** Longest a single poll waits for a change, in milliseconds; the contract takes up to 30 s. */
const POLL_MS = 20_000;
/** Pause after a poll that came back unchanged, so that a service that does not wait is not flooded. */
const IDLE_PAUSE_MS = 250;

let services: readonly string[] | undefined;

/** The services that have jobs, by name. */
export function jobServices(): readonly string[] {
  services ??= [...new Set(scanContracts().flatMap(({ contract }) => (contract.kind === 'job' ? [contract.service] : [])))].sort();
  return services;
}

/** Which job to follow and how. */
export interface FollowOptions extends Patience {
  readonly service: string;
  readonly id: string;
  /** Called with the job as it is found and then at every change. */
  readonly onChange?: (job: JobView) => void;
}

/**
 * Follows a job until it has ended, whatever its end; a platform that is away is waited for (`patienceMs`, 2 min if left out).
 * @throws Fault NOT_FOUND; UNAVAILABLE when patience is over; CANCELLED when the signal ends the wait (the job goes on)
 */
export async function followJob(client: PlatformClient, options: FollowOptions): Promise<JobView> {
  const { service, id, onChange, signal } = options;
  const getJob = getJobOf(service, '');
  let job = await patiently(() => client.request(getJob, { id }, { signal }), options);
  onChange?.(job);
  while (!isEnded(job.state)) {
    const { revision } = job;
    const next = await patiently(() => client.request(getJob, { id, afterRevision: revision, waitMs: POLL_MS }, { signal }), options);
    if (next.revision === revision) {
      await pauseFor(IDLE_PAUSE_MS, signal);
      continue;
    }
    job = next;
    onChange?.(job);
  }
  return job;
}

/**
 * The result of a job that has succeeded, as its contract describes it.
 * @throws Fault with the job's own code and reason when it failed, CANCELLED when it was cancelled
 */
export function resultOf<J extends JobContract>(contract: J, job: JobView): JobResultOf<J> {
  expectSucceeded(job);
  const parsed = contract.result.safeParse(job.result);
  // A field more than this release knows is no mistake.
  const isMistaken = parsed.error?.issues.some((issue) => issue.code !== 'unrecognized_keys') ?? false;
  if (isMistaken) throw new Fault('INTERNAL', `the result of job ${job.id} does not fit the contract ${contract.service}/${contract.name}`, { job: job.id });
  return (parsed.data ?? job.result) as JobResultOf<J>;
}

/** @throws Fault with the job's own code and reason when it has not succeeded */
export function expectSucceeded(job: JobView): void {
  if (job.state === 'succeeded') return;
  const named = { job: job.id, service: job.service };
  if (job.state === 'failed' && job.failure) {
    const { code, message, details } = job.failure;
    throw new Fault(isFaultCode(code) ? code : 'INTERNAL', message, { ...details, ...named });
  }
  if (job.state === 'cancelled') throw new Fault('CANCELLED', `job ${job.id} was cancelled`, named);
  throw new Fault('INTERNAL', `job ${job.id} is ${job.state}, not succeeded`, named);
}

/**
 * The job with an id, whichever service has it.
 * @throws Fault NOT_FOUND when every service answered and none has it; UNAVAILABLE when one that may have it did not answer
 */
export async function findJob(client: PlatformClient, id: string): Promise<JobView> {
  return firstAnswer(id, (service) => client.request(getJobOf(service, ''), { id }));
}

/** Cancels a job, whichever service has it; one that has ended stays as it is. @throws Fault as {@link findJob} */
export async function cancelJob(client: PlatformClient, id: string): Promise<JobView> {
  const { service } = await findJob(client, id);
  return client.request(cancelJobOf(service, ''), { id });
}

/** Jobs of some services and the services that did not answer. */
export interface JobListing {
  readonly jobs: readonly JobView[];
  readonly silent: readonly string[];
}

/** Which jobs are listed; of every service when `services` is left out. */
export interface JobFilter {
  readonly model?: string;
  readonly state?: JobState;
  readonly limit?: number;
  readonly services?: readonly string[];
}

/**
 * Jobs of several services, newest first.
 * @throws Fault the first one when no service answered
 */
export async function listJobs(client: PlatformClient, { services: names = jobServices(), ...filter }: JobFilter): Promise<JobListing> {
  const outcomes = await Promise.allSettled(names.map((service) => client.request(listJobsOf(service, ''), filter)));
  const jobs = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value.jobs : []));
  const failed = outcomes.flatMap((outcome, at) => (outcome.status === 'rejected' ? [{ service: names[at], reason: outcome.reason as unknown }] : []));
  if (failed.length === names.length) throw failed[0].reason;
  const serious = failed.find(({ reason }) => !isSilence(reason));
  if (serious) throw serious.reason;
  return { jobs: newestFirst(jobs).slice(0, filter.limit), silent: failed.map(({ service }) => service) };
}

async function firstAnswer(id: string, ask: (service: string) => Promise<JobView>): Promise<JobView> {
  const outcomes = await Promise.allSettled(jobServices().map(ask));
  const found = outcomes.find((outcome) => outcome.status === 'fulfilled');
  if (found) return found.value;
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  const other = reasons.find((reason) => !(Fault.is(reason) && reason.code === 'NOT_FOUND'));
  if (other !== undefined) throw other;
  throw new Fault('NOT_FOUND', `no service has a job ${id}`, { id, services: jobServices() });
}

const isSilence = (reason: unknown): boolean => Fault.is(reason) && (reason.code === 'UNAVAILABLE' || reason.code === 'DEADLINE_EXCEEDED');
const newestFirst = (jobs: readonly JobView[]): JobView[] => [...jobs].sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0));
