/**
 * Finds what is wrong with the structure of an AsyncAPI 3.0 document without a network: objects with unknown or missing fields, references
 * that lead nowhere or to the wrong kind of object, addresses and parameters that differ, examples under no payload.
 * Source: AsyncAPI specification 3.0.0, the fixed fields of each object. Limits: only the objects that we write; payloads are JSON Schema and
 * are not looked into beyond being objects.
 */
type Json = Readonly<Record<string, unknown>>;

interface Shape {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const DESCRIBED = ['title', 'summary', 'description', 'tags', 'externalDocs', 'bindings'];
const SHAPES = {
  document: { required: ['asyncapi', 'info'], optional: ['id', 'servers', 'defaultContentType', 'channels', 'operations', 'components'] },
  info: { required: ['title', 'version'], optional: ['description', 'termsOfService', 'contact', 'license', 'tags', 'externalDocs'] },
  server: { required: ['host', 'protocol'], optional: [...DESCRIBED, 'protocolVersion', 'pathname', 'variables', 'security'] },
  channel: { required: [], optional: [...DESCRIBED, 'address', 'messages', 'servers', 'parameters'] },
  parameter: { required: [], optional: ['enum', 'default', 'description', 'examples', 'location'] },
  operation: { required: ['action', 'channel'], optional: [...DESCRIBED, 'security', 'traits', 'messages', 'reply'] },
  reply: { required: [], optional: ['address', 'channel', 'messages'] },
  message: { required: [], optional: [...DESCRIBED, 'headers', 'payload', 'correlationId', 'contentType', 'name', 'examples', 'traits'] },
  messageTrait: { required: [], optional: [...DESCRIBED, 'headers', 'correlationId', 'contentType', 'name', 'examples'] },
  example: { required: [], optional: ['headers', 'payload', 'name', 'summary'] },
  components: {
    required: [],
    optional: ['schemas', 'servers', 'channels', 'operations', 'messages', 'securitySchemes', 'parameters', 'messageTraits', 'replies'],
  },
} satisfies Record<string, Shape>;
const COMPONENT_KEY = /^[A-Za-z0-9._-]+$/;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const entriesOf = (value: unknown): [string, Json][] => (isObject(value) ? (Object.entries(value) as [string, Json][]) : []);
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);

/** The object a reference such as `#/channels/x` leads to, undefined when it leads nowhere. */
export function resolveReference(document: Json, reference: string): unknown {
  if (!reference.startsWith('#/')) return undefined;
  const tokens = reference.slice(2).split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  return tokens.reduce<unknown>((node, token) => (isObject(node) && Object.hasOwn(node, token) ? node[token] : undefined), document);
}

/** Collects problems, each with the path where it is. */
class Inspection {
  readonly problems: string[] = [];

  constructor(private readonly document: Json) {}

  shape(kind: keyof typeof SHAPES, value: unknown, path: string): void {
    if (!isObject(value)) return void this.problems.push(`${path}: expected an object`);
    const { required, optional }: Shape = SHAPES[kind];
    for (const key of required) if (!(key in value)) this.problems.push(`${path}: ${key} is missing`);
    for (const key of Object.keys(value))
      if (![...required, ...optional].includes(key) && !key.startsWith('x-')) this.problems.push(`${path}: a ${kind} has no field ${key}`);
  }

  /** Checks that a `$ref` exists below one of the given places and resolves. */
  reference(value: unknown, place: string, path: string): void {
    const target = isObject(value) ? value['$ref'] : undefined;
    if (typeof target !== 'string') return void this.problems.push(`${path}: expected a reference`);
    if (!target.startsWith(`#/${place}/`)) this.problems.push(`${path}: ${target} is not below ${place}`);
    if (!isObject(resolveReference(this.document, target))) this.problems.push(`${path}: ${target} leads nowhere`);
  }

  channel(channel: Json, path: string): void {
    this.shape('channel', channel, path);
    const address = channel['address'];
    if (address !== null && typeof address !== 'string') this.problems.push(`${path}: address is neither a text nor null`);
    const inAddress = typeof address === 'string' ? [...address.matchAll(/\{([^}]*)\}/g)].map((match) => match[1]) : [];
    const described = entriesOf(channel['parameters']).map(([name]) => name);
    if (inAddress.sort().join() !== described.sort().join()) this.problems.push(`${path}: address and parameters differ: ${inAddress.join()} and ${described.join()}`);
    for (const [name, parameter] of entriesOf(channel['parameters'])) this.shape('parameter', parameter, `${path}/parameters/${name}`);
    for (const [name, message] of entriesOf(channel['messages'])) this.reference(message, 'components/messages', `${path}/messages/${name}`);
  }

  operation(operation: Json, path: string): void {
    this.shape('operation', operation, path);
    if (!['send', 'receive'].includes(String(operation['action']))) this.problems.push(`${path}: action is neither send nor receive`);
    this.reference(operation['channel'], 'channels', `${path}/channel`);
    this.messagesOf(operation, path);
    if (operation['reply'] === undefined) return;
    const reply = operation['reply'] as Json;
    this.shape('reply', reply, `${path}/reply`);
    this.reference(reply['channel'], 'channels', `${path}/reply/channel`);
    this.messagesOf(reply, `${path}/reply`);
  }

  /** An operation's messages are references into its own channel. */
  private messagesOf(owner: Json, path: string): void {
    const channel = String((owner['channel'] as Json | undefined)?.['$ref'] ?? '').slice(2);
    listOf(owner['messages']).forEach((message, at) => this.reference(message, `${channel}/messages`, `${path}/messages/${at}`));
  }

  message(message: Json, path: string): void {
    this.shape('message', message, path);
    if (isObject(message['payload']) && '$ref' in message['payload']) this.reference(message['payload'], 'components/schemas', `${path}/payload`);
    listOf(message['traits']).forEach((trait, at) => this.reference(trait, 'components/messageTraits', `${path}/traits/${at}`));
    listOf(message['examples']).forEach((example, at) => {
      this.shape('example', example, `${path}/examples/${at}`);
      if (!('payload' in example) && !('headers' in example)) this.problems.push(`${path}/examples/${at}: neither payload nor headers`);
    });
  }
}

/** What is wrong with the structure, one line per problem; empty when nothing is. */
export function structureProblems(document: Json): string[] {
  const inspection = new Inspection(document);
  inspection.shape('document', document, '#');
  if (document['asyncapi'] !== '3.0.0') inspection.problems.push('#: asyncapi is not 3.0.0');
  inspection.shape('info', document['info'], '#/info');
  for (const [name, server] of entriesOf(document['servers'])) {
    inspection.shape('server', server, `#/servers/${name}`);
    listOf(server['security']).forEach((scheme, at) => inspection.reference(scheme, 'components/securitySchemes', `#/servers/${name}/security/${at}`));
  }
  for (const [name, channel] of entriesOf(document['channels'])) inspection.channel(channel, `#/channels/${name}`);
  for (const [name, operation] of entriesOf(document['operations'])) inspection.operation(operation, `#/operations/${name}`);
  const components = (document['components'] ?? {}) as Json;
  inspection.shape('components', components, '#/components');
  for (const [kind, members] of entriesOf(components))
    for (const [name] of entriesOf(members)) if (!COMPONENT_KEY.test(name)) inspection.problems.push(`#/components/${kind}/${name}: not a component name`);
  for (const [name, message] of entriesOf(components['messages'])) inspection.message(message, `#/components/messages/${name}`);
  for (const [name, trait] of entriesOf(components['messageTraits'])) inspection.shape('messageTrait', trait, `#/components/messageTraits/${name}`);
  return inspection.problems;
}
