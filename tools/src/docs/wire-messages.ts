/**
 * The parts of the AsyncAPI document that every operation has alike: headers of a request, of a reply and of a refusal, and the body of a refusal.
 * Source: W3C Trace Context (`traceparent`), NATS ADR-32 (`Nats-Service-Error*`).
 */
import { FAULT_CODES } from '@salus/fault';
import type { JsonSchema } from './wire-schema';

const text = (description: string, rest: JsonSchema = {}): JsonSchema => ({ type: 'string', description, ...rest });

const TRACEPARENT = text('W3C trace context; taken up by the service and sent on.', { examples: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'] });

/** Headers that a request may carry. Any other `Nats-` header is refused. */
export const REQUEST_HEADERS: JsonSchema = {
  type: 'object',
  properties: {
    traceparent: TRACEPARENT,
    'Salus-Deadline-Ms': text('Milliseconds that the caller still waits, counted from sending; late work is refused before it starts.', {
      pattern: '^[0-9]+$',
      examples: ['2000'],
    }),
    'Salus-Idempotency-Key': text('Chosen by the caller; the same request sent again under the same key has one effect.', {
      minLength: 1,
      examples: ['import-2026-11-23'],
    }),
    'Content-Type': text('application/json when absent.', { examples: ['application/json'] }),
  },
};

/** Headers of a request whose body is raw bytes. */
export const BYTES_REQUEST_HEADERS: JsonSchema = {
  type: 'object',
  required: ['Content-Type', 'Salus-Args'],
  properties: {
    'Content-Type': text('Says that the body is raw bytes.', { const: 'application/octet-stream' }),
    'Salus-Args': text('The other fields of the request as one JSON object.', { contentMediaType: 'application/json' }),
  },
};

/** Headers of an event. */
export const EVENT_HEADERS: JsonSchema = { type: 'object', properties: { traceparent: TRACEPARENT } };

/** Headers by which a refusal is told from a reply. */
export function errorHeaders(): JsonSchema {
  return {
    type: 'object',
    required: ['Nats-Service-Error', 'Nats-Service-Error-Code'],
    properties: {
      'Nats-Service-Error': text('One line for a person.'),
      'Nats-Service-Error-Code': text('Number of the kind of refusal; the code in the body is finer.', { pattern: '^[0-9]{3}$' }),
    },
  };
}

/** Body of a refusal. */
export function errorBody(): JsonSchema {
  return {
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'message', 'details', 'retryable', 'correlationId'],
        properties: {
          code: text('What went wrong; clients branch on it.', { enum: Object.keys(FAULT_CODES).sort() }),
          message: text('One sentence for a person; not part of the contract.'),
          details: { type: 'object', description: 'Facts that a program can use, such as field, expected and received.' },
          retryable: { type: 'boolean', description: 'Whether the same request may succeed later without being changed.' },
          correlationId: text('Names the request in the log of the service.'),
        },
      },
    },
  };
}
