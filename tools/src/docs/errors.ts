/** The page of error codes. */
import { FAULT_CODES, type FaultCode } from '@salus/fault';
import { code, page, table } from './markdown';

/**
 * The page `errors.md`.
 *
 * @param statusOf number in `Nats-Service-Error-Code` of each code
 */
export function errorsPage(statusOf: Readonly<Record<FaultCode, number>>): string {
  const codes = (Object.keys(FAULT_CODES) as FaultCode[]).sort();
  const intro = [
    'A refusal carries the headers `Nats-Service-Error` (a line for a person) and `Nats-Service-Error-Code` (the number), and the body',
    '`{ "error": { "code", "message", "details", "retryable", "correlationId" } }`. The code is part of the contract, the message is not.',
    '*Retryable*: the same request may succeed later without being changed.',
  ].join('\n');
  const rows = codes.map((name) => [code(name), statusOf[name], FAULT_CODES[name].retryable ? 'yes' : 'no', FAULT_CODES[name].summary]);
  return page('Errors', [intro, table(['Code', 'Number', 'Retryable', 'Meaning'], rows)]);
}
