/** What docker/ promises, read from its files: every service is there, pinned, private and given the time that it needs to stop. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { databaseSettings, engineSettings, jobSettings, modelsSettings, serviceSettings } from '@salus/contracts';
import { z } from 'zod';
import { parse, parseAllDocuments } from 'yaml';
import { NATS_VERSION, SHIPPED_USERS, shippedNatsConfig } from './docs/nats-conf';

const root = join(__dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface ComposeService {
  readonly image: string;
  readonly build?: { readonly args: { readonly APP: string } };
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly restart: string;
  readonly stop_grace_period: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes: readonly string[];
}
const compose = parse(read('docker/compose.yaml'), { merge: true }) as { services: Record<string, ComposeService> };
const services = Object.entries(compose.services).filter(([, service]) => service.build !== undefined);
const settings = serviceSettings.extend({ ...databaseSettings, ...jobSettings, ...modelsSettings, ...engineSettings });
const apps = readdirSync(join(root, 'apps')).filter((app) => app !== 'cli').sort();

const versionOf = (image: string): number[] => (/:(\d+)\.(\d+)(?:\.(\d+))?/.exec(image) ?? []).slice(1).map((part) => Number(part ?? 0));

describe('the compose file', () => {
  it('has every service of apps/, each with its own image', () => {
    expect(services.map(([name]) => name).sort()).toEqual(apps);
    expect(services.filter(([name, { build, image }]) => build?.args.APP !== name || !image.startsWith(`salus-${name}:`))).toEqual([]);
  });

  it('pins NATS and PostgreSQL, NATS at 2.12.3 or newer', () => {
    const [major, minor, patch] = versionOf(compose.services['nats'].image);
    expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(2_012_003);
    expect(compose.services['nats'].image).toContain(NATS_VERSION);
    expect(versionOf(compose.services['postgres'].image)[0]).toBe(18);
  });

  it('publishes on loopback only', () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
    expect(ports).not.toEqual([]);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('starts services after healthy servers, restarts all, and mounts models read-only', () => {
    expect(Object.entries(compose.services).filter(([, { restart }]) => restart !== 'unless-stopped')).toEqual([]);
    for (const [, service] of services) {
      expect(service.depends_on).toEqual({ nats: { condition: 'service_healthy' }, postgres: { condition: 'service_healthy' } });
      expect(service.volumes).toEqual(['../models:/app/models:ro']);
    }
  });

  it('gives a stopping service longer than it may drain', () => {
    const drainMs = serviceSettings.parse({}).DRAIN_TIMEOUT_MS;
    expect(services.filter(([, service]) => Number.parseInt(service.stop_grace_period, 10) * 1000 <= drainMs)).toEqual([]);
  });

  it('sets only keys that services read', () => {
    for (const [, service] of services) expect(Object.keys(service.environment).filter((key) => !(key in settings.shape))).toEqual([]);
  });

  it('holds no password', () => {
    const secrets = Object.values(compose.services).flatMap(({ environment }) => Object.entries(environment).filter(([key]) => /PASSWORD|_URL/.test(key)));
    expect(secrets.filter(([key, value]) => key !== 'NATS_URL' && !/\$\{SALUS_\w+_PASSWORD:\?/.test(value))).toEqual([]);
  });

  it('sets the user and the passwords that nats.conf asks for', () => {
    const { service, client } = SHIPPED_USERS;
    expect(Object.keys(compose.services['nats'].environment).sort()).toEqual([client.password.env, service.password.env].sort());
    expect(services.filter(([, { environment }]) => environment['NATS_USER'] !== service.user)).toEqual([]);
  });
});

describe('the Dockerfile', () => {
  it('sets only keys that services read, and steps down from root', () => {
    const dockerfile = read('docker/Dockerfile');
    const keys = [...dockerfile.matchAll(/^(?:ENV)?\s+([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1]);
    expect(keys).toContain('HEALTH_PORT');
    expect(keys.filter((key) => key !== 'NODE_ENV' && !(key in settings.shape))).toEqual([]);
    expect(dockerfile).toMatch(/^USER 1000:1000$/m);
    expect(dockerfile).toMatch(/^STOPSIGNAL SIGTERM$/m);
  });

  it('builds on a Node that the packages ask for', () => {
    const { engines } = z.object({ engines: z.object({ node: z.string() }) }).parse(JSON.parse(read('package.json')));
    const [image] = /NODE_IMAGE=node:(\S+)/.exec(read('docker/Dockerfile'))?.slice(1) ?? [];
    expect(engines.node).toBe('>=20.19.0');
    expect(versionOf(`:${image}`)).toEqual([20, expect.any(Number), expect.any(Number)]);
    expect(versionOf(`:${image}`)[1]).toBeGreaterThanOrEqual(19);
  });
});

describe('nats.conf', () => {
  it('is what the generator of the local servers writes', () => {
    expect(read('docker/nats.conf')).toBe(shippedNatsConfig());
  });

  it('syncs JetStream before it acknowledges and takes messages of 8 MiB', () => {
    expect(read('docker/nats.conf')).toContain('sync_interval: always');
    expect(read('docker/nats.conf')).toContain('max_payload: 8388608');
  });
});

describe('the Kubernetes manifests', () => {
  const documents = (path: string): Record<string, never>[] => parseAllDocuments(read(path)).map((document) => document.toJS() as Record<string, never>);

  it('have every service of apps/ and the images of the compose file', () => {
    const deployments = documents('docker/kubernetes/services.yaml').map((deployment) => deployment['metadata']['name'] as string);
    expect(deployments.sort()).toEqual(apps);
    const images = ['nats', 'postgres'].map((name) => /image: (\S+)/.exec(read(`docker/kubernetes/${name}.yaml`))?.[1]);
    expect(images).toEqual([compose.services['nats'].image, compose.services['postgres'].image]);
  });

  it('set only keys that services read', () => {
    const [patch] = documents('docker/kubernetes/service.patch.yaml') as unknown as [{ spec: { template: { spec: { containers: { env: { name: string }[] }[] } } } }];
    const keys = patch.spec.template.spec.containers[0].env.map(({ name }) => name);
    expect(keys.filter((key) => key !== 'DATABASE_PASSWORD' && !(key in settings.shape))).toEqual([]);
  });
});
