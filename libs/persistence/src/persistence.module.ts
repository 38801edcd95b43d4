/** Wiring: the data source of the service, the blob store and its collection, for the whole app; the connections end after the last request. */
import { Inject, Module, type BeforeApplicationShutdown, type DynamicModule, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BlobCollection } from './blob-collection';
import { PostgresBlobStore } from './blob.postgres';
import { BlobStore } from './blob.store';
import { openDatabase, type DatabaseOptions } from './database';

/** When blobs without reference are removed. */
export interface CollectionTimes {
  /** Milliseconds between two collections; an hour if left out, 0 for none. */
  readonly collectEveryMs?: number;
  /** How long a blob without reference is kept, in milliseconds; a day if left out. */
  readonly collectGraceMs?: number;
}

const HOUR_MS = 3_600_000;

@Module({})
export class PersistenceModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(BlobCollection) private readonly collection: BlobCollection,
  ) {}

  /** Opens the database while Nest starts and gives `DataSource` and `BlobStore` to every module. */
  static forService(options: DatabaseOptions & CollectionTimes): DynamicModule {
    const { collectEveryMs: everyMs = HOUR_MS, collectGraceMs: graceMs = 24 * HOUR_MS } = options;
    return {
      module: PersistenceModule,
      global: true,
      providers: [
        { provide: DataSource, useFactory: () => openDatabase(options) },
        { provide: BlobStore, useFactory: (dataSource: DataSource) => new PostgresBlobStore(dataSource), inject: [DataSource] },
        { provide: BlobCollection, useFactory: (store: BlobStore) => new BlobCollection({ store, everyMs, graceMs }), inject: [BlobStore] },
      ],
      exports: [DataSource, BlobStore],
    };
  }

  onApplicationBootstrap(): void {
    this.collection.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.collection.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}
