/**
 * What a service's own tests use to prove that it keeps its contracts: every example goes to the real service and its reply
 * through the reply schema, and a supply of requests that must be refused. It needs no test framework; it reports.
 */
import { scanContracts, type FoundContract, type Operation } from '@salus/contracts';
import { Fault, type FaultCode } from '@salus/fault';
import type { Client, RequestOptions } from './client';
import { validate } from './validate';

export { HOSTILE_KINDS, hostileBodies, type HostileBody, type HostileOptions } from './hostile-bodies';
export { eventCases, keyValueCases, wakeBellCases, type ConformanceCase } from './port-cases';

/** What became of one example. */
export interface ExampleResult {
  readonly subject: string;
  /** `answered`: the reply fits its schema. `refused`: with a code that the contract names. `broken`: see problem. */
  readonly outcome: 'answered' | 'refused' | 'broken';
  readonly code?: FaultCode;
  readonly problem?: string;
}

export interface ExampleOptions {
  readonly service: string;
  readonly client: Client;
  /** Model id for operations that end in `{model}`. */
  readonly model?: string;
  /** By subject: another request than the example, such as one that names what the test has stored. */
  readonly requests?: Readonly<Record<string, { readonly payload?: unknown; readonly options?: RequestOptions }>>;
  /** The service's contracts; found by a scan when left out. */
  readonly contracts?: readonly FoundContract[];
}

/**
 * Sends the example of each operation to the service. A contract without handler, an example that does not fit its own schema,
 * a reply that does not fit and a refusal that the contract does not name are each `broken`.
 */
export async function runExamples(options: ExampleOptions): Promise<ExampleResult[]> {
  const contracts = options.contracts ?? scanContracts(options.service);
  const operations = contracts.flatMap(({ contract }) => (contract.kind === 'operation' ? [contract] : []));
  if (operations.length === 0) throw new Fault('CONFIGURATION', `the service ${options.service} has no operations`, { service: options.service });
  const results: ExampleResult[] = [];
  for (const operation of operations) results.push(await runExample(operation, options));
  return results;
}

/** The problems of all results in one text; empty when there are none. */
export function problemsOf(results: readonly ExampleResult[]): string {
  return results.flatMap(({ subject, problem }) => (problem ? [`${subject}: ${problem}`] : [])).join('\n');
}

async function runExample(operation: Operation, options: ExampleOptions): Promise<ExampleResult> {
  const { subject } = operation;
  const broken = (problem: string, code?: FaultCode): ExampleResult => ({ subject, outcome: 'broken', code, problem });
  const misfit = exampleMisfit(operation);
  if (misfit) return broken(misfit);
  const own = options.requests?.[subject];
  try {
    const model = subject.includes('{model}') ? options.model : undefined;
    const reply = await options.client.request(operation, (own?.payload ?? operation.example.request) as never, { model, ...own?.options });
    validate(operation.reply, reply, 'reply');
    return { subject, outcome: 'answered' };
  } catch (error) {
    const fault = Fault.from(error);
    if (operation.faults.includes(fault.code)) return { subject, outcome: 'refused', code: fault.code };
    return broken(`${fault.code}: ${fault.message}`, fault.code);
  }
}

function exampleMisfit(operation: Operation): string | undefined {
  if (operation.example === undefined) return 'the contract has no example';
  for (const part of ['request', 'reply'] as const) {
    const parsed = operation[part].safeParse(operation.example[part]);
    if (!parsed.success) return `the example's ${part} does not fit its own schema`;
  }
  return undefined;
}
