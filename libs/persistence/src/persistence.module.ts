/** Wiring: the data source of the service and the blob store, for the whole app; the connections end after the last request. */
import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { PostgresBlobStore } from './blob.postgres';
import { BlobStore } from './blob.store';
import { openDatabase, type DatabaseOptions } from './database';

@Module({})
export class PersistenceModule implements OnApplicationShutdown {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  /** Opens the database while Nest starts and gives `DataSource` and `BlobStore` to every module. */
  static forService(options: DatabaseOptions): DynamicModule {
    return {
      module: PersistenceModule,
      global: true,
      providers: [
        { provide: DataSource, useFactory: () => openDatabase(options) },
        { provide: BlobStore, useFactory: (dataSource: DataSource) => new PostgresBlobStore(dataSource), inject: [DataSource] },
      ],
      exports: [DataSource, BlobStore],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}
