/** The page of subjects: what can be asked, what is told, what runs as a job; one section per service. */
import { serviceOf, type Contract, type EventContract, type JobContract, type Operation } from '@salus/contracts';
import { code, grouped, page, table } from './markdown';

const bySubject = (a: { subject: string }, b: { subject: string }): number => (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0);

function operationRow(operation: Operation): string[] {
  const bytes = operation.bytesField === undefined ? '' : ` Raw bytes fill ${code(operation.bytesField)}.`;
  return [
    code(operation.subject),
    operation.summary + bytes,
    operation.idempotent ? 'yes' : 'no',
    `${grouped(operation.maxRequestBytes)} B`,
    `${grouped(operation.concurrency)} + ${grouped(operation.waiting)}`,
    `${grouped(operation.timeoutMs)} ms`,
    [...operation.faults].sort().map(code).join(' ') || '–',
  ];
}

function serviceBlocks(service: string, contracts: readonly Contract[]): string[] {
  const operations = contracts.filter((contract): contract is Operation => contract.kind === 'operation' && serviceOf(contract) === service);
  const events = contracts.filter((contract): contract is EventContract => contract.kind === 'event' && contract.subject.split('.')[1] === service);
  const jobs = contracts.filter((contract): contract is JobContract => contract.kind === 'job' && contract.service === service);
  return [
    `## ${service}`,
    ...(operations.length === 0
      ? []
      : [
          table(
            ['Subject', 'What', 'Idempotent', 'Body up to', 'At work + waiting', 'Client waits', 'Own faults'],
            [...operations].sort(bySubject).map(operationRow),
          ),
        ]),
    ...(events.length === 0 ? [] : [table(['Event', 'What'], [...events].sort(bySubject).map((event) => [code(event.subject), event.summary]))]),
    ...(jobs.length === 0
      ? []
      : [
          table(
            ['Job', 'What', 'Attempts', 'Longest attempt'],
            [...jobs]
              .sort((a, b) => (a.name < b.name ? -1 : 1))
              .map((job) => [code(job.name), job.summary, job.maxAttempts, `${grouped(job.timeoutMs / 1000)} s`]),
          ),
        ]),
  ];
}

const serviceNameOf = (contract: Contract): string => {
  if (contract.kind === 'operation') return serviceOf(contract);
  return contract.kind === 'event' ? contract.subject.split('.')[1] : contract.service;
};

/** The page `subjects.md`. */
export function subjectsPage(contracts: readonly Contract[]): string {
  const services = [...new Set(contracts.map(serviceNameOf))].sort();
  const intro = [
    'Every request, event and job. The schemas and an example of each are in `asyncapi.json`, the faults that any operation can give in `errors.md`.',
    '`{model}` is a model id. *Idempotent*: sending it twice has the effect of sending it once, so that a client may retry.',
    '*At work + waiting*: how many requests one instance works on and keeps waiting before it answers `OVERLOADED`.',
    'Events stay within the account of the services and are told at most once; clients follow a job by `get-job`.',
  ].join('\n');
  return page('Subjects', [intro, ...services.flatMap((service) => serviceBlocks(service, contracts))]);
}
