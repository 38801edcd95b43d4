/** Wiring of an inference service: the model host, kept up to date by following the registry. */
import { Inject, Injectable, Module, type DynamicModule, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { KeyValue, LOG } from '@salus/messaging';
import type { Log } from '@salus/observability';
import { BlobStore } from '@salus/persistence';
import { BucketSource, PromotionFollower, REGISTRY_BUCKET } from '@salus/registry';
import { ModelHost } from './model-host';

const OPTIONS = Symbol('serving options');

export interface ServingOptions {
  readonly service: string;
  /** Model ids to answer with; all promoted ones when left out. */
  readonly only?: readonly string[];
}

/** Follows the registry for as long as the app runs. */
@Injectable()
class RegistryFollower implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly follower: PromotionFollower;

  constructor(@Inject(OPTIONS) options: ServingOptions, @Inject(KeyValue) buckets: KeyValue, @Inject(ModelHost) host: ModelHost, @Inject(LOG) log: Log) {
    this.follower = new PromotionFollower(
      new BucketSource(buckets.open(REGISTRY_BUCKET), options.service),
      async (promotion) => {
        await host.apply(promotion);
        log.info('a model version answers', { model: promotion.model, version: promotion.version, revision: promotion.revision });
      },
      (error, promotion) => log.warn('the registry could not be followed; trying again', { error, model: promotion?.model, version: promotion?.version }),
    );
  }

  onApplicationBootstrap(): void {
    this.follower.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.follower.close();
  }
}

@Module({})
export class ServingModule {
  static forService(options: ServingOptions): DynamicModule {
    const only = options.only && new Set(options.only);
    return {
      module: ServingModule,
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: ModelHost, useFactory: (blobs: BlobStore) => new ModelHost(blobs, only), inject: [BlobStore] },
        RegistryFollower,
      ],
      exports: [ModelHost],
    };
  }
}
