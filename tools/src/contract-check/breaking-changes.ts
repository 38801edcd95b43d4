/**
 * What would break a client that was written against an earlier release: compares two AsyncAPI documents that `npm run docs` made.
 * A request may only become easier to send (the service takes all that it took), a reply and an event may only promise more (fields may be
 * added, none removed or loosened). Limits: see narrowing.ts; error codes and texts are not compared.
 */
import type { JsonSchema } from '../docs/wire-schema';
import { resolveReference } from '../docs/asyncapi-structure';
import { narrowings } from './narrowing';

/** One change that breaks a client. */
export interface BreakingChange {
  readonly subject: string;
  readonly what: string;
}

type Document = Readonly<Record<string, unknown>>;
type Operation = JsonSchema;

const operationsOf = (document: Document): Record<string, Operation> => (document['operations'] ?? {}) as Record<string, Operation>;

/** The payload schema behind a message reference, through at most channel, message and schema. */
function payloadOf(document: Document, message: unknown): JsonSchema {
  let node = message as JsonSchema | undefined;
  for (let step = 0; step < 4 && node !== undefined; step += 1) {
    if (typeof node['$ref'] === 'string') node = resolveReference(document, node['$ref']) as JsonSchema | undefined;
    else if (node['payload'] !== undefined) node = node['payload'] as JsonSchema;
    else return node;
  }
  return node ?? {};
}

const messagesOf = (owner: JsonSchema | undefined): readonly JsonSchema[] => (owner?.['messages'] ?? []) as JsonSchema[];
const addressOf = (document: Document, operation: Operation): unknown =>
  (resolveReference(document, String((operation['channel'] as JsonSchema)['$ref'])) as JsonSchema | undefined)?.['address'];

function limitChanges(before: Operation, after: Operation): string[] {
  const [bytesBefore, bytesAfter] = [before, after].map((operation) => Number(operation['x-salus-max-request-bytes']));
  const [fieldBefore, fieldAfter] = [before, after].map((operation) => operation['x-salus-bytes-field']);
  return [
    ...(bytesAfter < bytesBefore ? [`largest body went from ${bytesBefore} to ${bytesAfter} bytes`] : []),
    ...(before['x-salus-idempotent'] === true && after['x-salus-idempotent'] !== true ? ['is no longer idempotent, so that retries are no longer safe'] : []),
    ...(fieldBefore !== undefined && fieldBefore !== fieldAfter ? [`raw bytes no longer fill ${String(fieldBefore)}`] : []),
  ];
}

function operationChanges(before: { document: Document; operation: Operation }, after: { document: Document; operation: Operation }): string[] {
  const payload = ({ document, operation }: typeof before, part: 'request' | 'reply'): JsonSchema =>
    payloadOf(document, messagesOf(part === 'request' ? operation : (operation['reply'] as JsonSchema | undefined))[0]);
  const told = before.operation['action'] === 'send';
  const [addressBefore, addressAfter] = [addressOf(before.document, before.operation), addressOf(after.document, after.operation)];
  const promised = (part: 'request' | 'reply', name: string): string[] =>
    narrowings(payload(after, part), payload(before, part), { overlooksUnknownFields: true }).map((what) => `${name} ${what}`);
  if (addressBefore !== addressAfter) return [`address went from ${String(addressBefore)} to ${String(addressAfter)}`];
  if (told) return promised('request', 'event');
  const taken = narrowings(payload(before, 'request'), payload(after, 'request'), { overlooksUnknownFields: false });
  return [...limitChanges(before.operation, after.operation), ...taken.map((what) => `request ${what}`), ...promised('reply', 'reply')];
}

/**
 * Every change from one release to the next that breaks a client, ordered by subject.
 *
 * @param before the AsyncAPI document of the release
 * @param after the AsyncAPI document of now
 */
export function breakingChanges(before: Document, after: Document): BreakingChange[] {
  const now = operationsOf(after);
  return Object.entries(operationsOf(before))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([subject, operation]) => {
      const successor = now[subject];
      const changes =
        successor === undefined ? ['removed'] : operationChanges({ document: before, operation }, { document: after, operation: successor });
      return changes.map((what) => ({ subject, what }));
    });
}
