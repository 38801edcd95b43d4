import { Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '@salus/contracts';
import type { listPrepared } from '@salus/contracts/preprocessing/list-prepared';
import { Fault } from '@salus/fault';
import { ModelsFolder } from '@salus/registry';
import { PreparedStore } from './prepared.store';

/** Prepared datasets; `current` compares each with the manifest as it is in models/ now. */
@Injectable()
export class ListPrepared {
  constructor(
    private readonly models: ModelsFolder,
    private readonly store: PreparedStore,
  ) {}

  async run({ model, dataset, current, limit }: RequestOf<typeof listPrepared>): Promise<ReplyOf<typeof listPrepared>> {
    const manifest = current ? await this.currentManifest(model) : undefined;
    return { prepared: await this.store.list({ model, dataset, manifest }, limit) };
  }

  private async currentManifest(model: string | undefined): Promise<string> {
    if (model === undefined) throw new Fault('INVALID_REQUEST', 'current needs a model: expected the field model, received none', { field: 'model' });
    return (await this.models.read(model)).manifestDigest;
  }
}
