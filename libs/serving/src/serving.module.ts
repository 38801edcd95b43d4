/** Wiring of an inference service: the model host, kept up to date by following the registry. */
import { Module, type DynamicModule } from '@nestjs/common';
import { KeyValue, LOG } from '@salus/messaging';
import type { Log } from '@salus/observability';
import { BlobStore } from '@salus/persistence';
import { BucketSource, REGISTRY_BUCKET } from '@salus/registry';
import { ModelHost } from './model-host';
import { RegistryFollower } from './registry-follower';

/** What an inference service says about itself. */
export interface ServingOptions {
  readonly service: string;
  /** Model ids to answer with; all promoted ones when left out. */
  readonly only?: readonly string[];
}

@Module({})
export class ServingModule {
  static forService({ service, only }: ServingOptions): DynamicModule {
    const served = only && new Set(only);
    return {
      module: ServingModule,
      providers: [
        { provide: ModelHost, useFactory: (blobs: BlobStore) => new ModelHost(blobs, served), inject: [BlobStore] },
        {
          provide: RegistryFollower,
          useFactory: (...[buckets, host, log]: [KeyValue, ModelHost, Log]) =>
            new RegistryFollower(new BucketSource(buckets.open(REGISTRY_BUCKET), service), host, log),
          inject: [KeyValue, ModelHost, LOG],
        },
      ],
      exports: [ModelHost],
    };
  }
}
