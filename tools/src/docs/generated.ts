/** Everything that `npm run docs` writes, as texts by path: one place decides, so that writing and the drift check cannot differ. */
import type { Contract, ModelManifest } from '@salus/contracts';
import type { FaultCode } from '@salus/fault';
import { asyncApi } from './asyncapi';
import { configurationPage, type AppConfiguration } from './configuration';
import { errorsPage } from './errors';
import { modelsPage } from './models';
import { shippedNatsConfig } from './nats-conf';
import { subjectsPage } from './subjects';

/** What the generated files are made from. */
export interface DocSources {
  readonly contracts: readonly Contract[];
  /** Version of the platform, from the root package.json. */
  readonly version: string;
  readonly statusOf: Readonly<Record<FaultCode, number>>;
  readonly apps: readonly AppConfiguration[];
  readonly models: readonly ModelManifest[];
}

/** Path below the root → text of every generated file. */
export function generatedFiles({ contracts, version, statusOf, apps, models }: DocSources): ReadonlyMap<string, string> {
  return new Map([
    ['docs/generated/asyncapi.json', JSON.stringify(asyncApi(contracts, version), null, 2) + '\n'],
    ['docs/generated/configuration.md', configurationPage(apps)],
    ['docs/generated/errors.md', errorsPage(statusOf)],
    ['docs/generated/models.md', modelsPage(models)],
    ['docs/generated/subjects.md', subjectsPage(contracts)],
    ['docker/nats.conf', shippedNatsConfig()],
  ]);
}
