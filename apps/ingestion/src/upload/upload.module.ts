/** Wiring of the uploads. */
import { Module, type DynamicModule } from '@nestjs/common';
import { LOG } from '@salus/messaging';
import type { Log } from '@salus/observability';
import { ModelsFolder } from '@salus/registry';
import { BeginUpload } from './begin-upload';
import { FinishUpload } from './finish-upload';
import { PutChunk } from './put-chunk';
import { UploadSweeper } from './upload-sweeper';
import { UploadStore } from './upload.store';

@Module({})
export class UploadModule {
  /**
   * @param models path of the folder with one folder per model
   * @param days how long an upload is kept
   */
  static with({ models, days }: { models: string; days: number }): DynamicModule {
    return {
      module: UploadModule,
      providers: [
        { provide: ModelsFolder, useValue: new ModelsFolder(models) },
        { provide: UploadSweeper, useFactory: (uploads: UploadStore, log: Log) => new UploadSweeper(uploads, log, days), inject: [UploadStore, LOG] },
        UploadStore,
        BeginUpload,
        PutChunk,
        FinishUpload,
      ],
      exports: [BeginUpload, PutChunk, FinishUpload],
    };
  }
}
