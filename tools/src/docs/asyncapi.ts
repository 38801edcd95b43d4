/**
 * The AsyncAPI 3.0 document of all contracts: one channel and one `receive` operation per request, one channel and one `send` operation per
 * event, durable jobs under `x-salus-jobs`. What AsyncAPI has no word for stands in `x-salus-*` beside the operation, so that the contract
 * check can read everything it compares from this one file.
 * Source: AsyncAPI specification 3.0.0. Replies go to the inbox in NATS' own reply field, which no message header shows, so that their
 * channels have the address null and the operations no reply address.
 */
import { serviceOf, type Contract, type EventContract, type JobContract, type Operation } from '@salus/contracts';
import { BYTES_REQUEST_HEADERS, EVENT_HEADERS, REQUEST_HEADERS, errorBody, errorHeaders } from './wire-messages';
import { wireSchema, type JsonSchema } from './wire-schema';

/** The document as plain data; its keys are sorted where the order means nothing. */
export interface AsyncApiDocument {
  readonly asyncapi: '3.0.0';
  readonly info: JsonSchema;
  readonly defaultContentType: string;
  readonly servers: Readonly<Record<string, JsonSchema>>;
  readonly channels: Readonly<Record<string, JsonSchema>>;
  readonly operations: Readonly<Record<string, JsonSchema>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly 'x-salus-jobs': Readonly<Record<string, JsonSchema>>;
}

type Entries = [key: string, value: JsonSchema][];

/** One contract's share of the document. */
interface Share {
  readonly channels: Entries;
  readonly operations: Entries;
  readonly messages: Entries;
  readonly schemas: Entries;
  readonly jobs: Entries;
}

const MODEL_PARAMETER = { description: 'Id of a model, the name of its folder under models/.', examples: ['blood-pressure'] };
const REQUEST_TRAIT = { $ref: '#/components/messageTraits/request' };
const JSON_TYPE = 'application/json';

/** Name of a contract within the document: its subject without the parameter. */
const idOf = (subject: string): string => subject.replace(/\.\{model\}$/, '');
const ref = (path: string): JsonSchema => ({ $ref: `#/${path}` });
const parametersOf = (subject: string): JsonSchema => (subject.includes('{model}') ? { parameters: { model: MODEL_PARAMETER } } : {});

/** The messages that a request may be: JSON, and raw bytes where the contract takes them. */
function requestMessages(operation: Operation, id: string): Entries {
  const { request: payload } = operation.example;
  const json: JsonSchema = {
    name: `${id}.request`,
    title: `Request of ${id}`,
    contentType: JSON_TYPE,
    traits: [REQUEST_TRAIT],
    payload: ref(`components/schemas/${id}.request`),
    examples: [{ name: 'example', payload }],
  };
  if (operation.bytesField === undefined) return [[`${id}.request`, json]];
  const bytes: JsonSchema = {
    name: `${id}.request-bytes`,
    title: `Request of ${id} as raw bytes`,
    summary: `The body is the field ${operation.bytesField}; the other fields come in the header Salus-Args.`,
    contentType: 'application/octet-stream',
    traits: [REQUEST_TRAIT],
    headers: BYTES_REQUEST_HEADERS,
    payload: { type: 'string', format: 'binary' },
  };
  return [[`${id}.request`, json], [`${id}.request-bytes`, bytes]];
}

function limitsOf(operation: Operation): JsonSchema {
  return {
    'x-salus-idempotent': operation.idempotent,
    'x-salus-max-request-bytes': operation.maxRequestBytes,
    'x-salus-concurrency': operation.concurrency,
    'x-salus-waiting': operation.waiting,
    'x-salus-timeout-ms': operation.timeoutMs,
    'x-salus-faults': [...operation.faults].sort(),
    ...(operation.bytesField === undefined ? {} : { 'x-salus-bytes-field': operation.bytesField }),
  };
}

function operationShare(operation: Operation): Share {
  const id = idOf(operation.subject);
  const requests = requestMessages(operation, id);
  const reply: JsonSchema = {
    name: `${id}.reply`,
    title: `Reply of ${id}`,
    contentType: JSON_TYPE,
    payload: ref(`components/schemas/${id}.reply`),
    examples: [{ name: 'example', payload: operation.example.reply }],
  };
  const shortName = (key: string): string => key.slice(id.length + 1);
  const channel: JsonSchema = {
    address: operation.subject,
    summary: operation.summary,
    ...parametersOf(operation.subject),
    messages: Object.fromEntries(requests.map(([key]) => [shortName(key), ref(`components/messages/${key}`)])),
  };
  const replyChannel: JsonSchema = {
    address: null,
    summary: `Replies of ${id}, sent to the inbox that the request names in its NATS reply field.`,
    messages: { error: ref('components/messages/error'), reply: ref(`components/messages/${id}.reply`) },
  };
  const service = serviceOf(operation);
  const described: JsonSchema = {
    action: 'receive',
    channel: ref(`channels/${id}`),
    summary: operation.summary,
    tags: [{ name: service }],
    bindings: { nats: { queue: service, bindingVersion: '0.1.0' } },
    messages: requests.map(([key]) => ref(`channels/${id}/messages/${shortName(key)}`)),
    reply: { channel: ref(`channels/${id}.reply`), messages: ['reply', 'error'].map((name) => ref(`channels/${id}.reply/messages/${name}`)) },
    ...limitsOf(operation),
  };
  return {
    channels: [[id, channel], [`${id}.reply`, replyChannel]],
    operations: [[id, described]],
    messages: [...requests, [`${id}.reply`, reply]],
    schemas: [[`${id}.request`, wireSchema(operation.request)], [`${id}.reply`, wireSchema(operation.reply)]],
    jobs: [],
  };
}

function eventShare(event: EventContract): Share {
  const id = event.subject;
  const message: JsonSchema = {
    name: id,
    title: `Event ${id}`,
    contentType: JSON_TYPE,
    headers: EVENT_HEADERS,
    payload: ref(`components/schemas/${id}`),
    examples: [{ name: 'example', payload: event.example }],
  };
  const described: JsonSchema = {
    action: 'send',
    channel: ref(`channels/${id}`),
    summary: event.summary,
    description: 'At most once and within the account of the services; clients follow a job by get-job.',
    tags: [{ name: id.split('.')[1] }],
    messages: [ref(`channels/${id}/messages/event`)],
  };
  return {
    channels: [[id, { address: id, summary: event.summary, messages: { event: ref(`components/messages/${id}`) } }]],
    operations: [[id, described]],
    messages: [[id, message]],
    schemas: [[id, wireSchema(event.payload)]],
    jobs: [],
  };
}

function jobShare(job: JobContract): Share {
  const id = `job.${job.service}.${job.name}`;
  const described: JsonSchema = {
    service: job.service,
    name: job.name,
    summary: job.summary,
    input: ref(`components/schemas/${id}.input`),
    result: ref(`components/schemas/${id}.result`),
    example: job.example,
    maxAttempts: job.maxAttempts,
    timeoutMs: job.timeoutMs,
  };
  return {
    channels: [],
    operations: [],
    messages: [],
    schemas: [[`${id}.input`, wireSchema(job.input)], [`${id}.result`, wireSchema(job.result)]],
    jobs: [[id, described]],
  };
}

function shareOf(contract: Contract): Share {
  if (contract.kind === 'operation') return operationShare(contract);
  return contract.kind === 'event' ? eventShare(contract) : jobShare(contract);
}

const sorted = (entries: Entries): Record<string, JsonSchema> => Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

/**
 * The whole document.
 *
 * @param contracts what the folder scan found, in any order
 * @param version version of the platform, such as `0.1.0`
 */
export function asyncApi(contracts: readonly Contract[], version: string): AsyncApiDocument {
  const shares = contracts.map(shareOf);
  const all = (part: keyof Share): Record<string, JsonSchema> => sorted(shares.flatMap((share) => share[part]));
  const error: JsonSchema = {
    name: 'error',
    title: 'Refusal',
    summary: 'Any operation may refuse with it; the codes are in errors.md.',
    contentType: JSON_TYPE,
    headers: errorHeaders(),
    payload: ref('components/schemas/error'),
  };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Salus',
      version,
      description: 'AI models as a service for healthcare, over NATS. Generated from libs/contracts, do not edit: npm run docs.',
      license: { name: 'MIT' },
    },
    defaultContentType: JSON_TYPE,
    servers: {
      nats: {
        host: 'localhost:4222',
        protocol: 'nats',
        description: 'The account CLIENTS of your own NATS server; npm start writes address and credentials to .salus/run.json.',
        security: [ref('components/securitySchemes/user')],
      },
    },
    channels: all('channels'),
    operations: all('operations'),
    components: {
      schemas: { ...all('schemas'), error: errorBody() },
      messages: { ...all('messages'), error },
      messageTraits: { request: { headers: REQUEST_HEADERS } },
      securitySchemes: { user: { type: 'userPassword', description: 'A user of the account CLIENTS; the server tells services who it is.' } },
    },
    'x-salus-jobs': all('jobs'),
  };
}
