/**
 * The models that an inference service answers with. A promotion loads the version beside the one that serves and then
 * changes a single reference: a request that began with the old version ends with it, the next one gets the new, and none
 * is dropped. A version that cannot be loaded changes nothing.
 */
import type { Promotion } from '@salus/contracts';
import { Fault } from '@salus/fault';
import type { BlobStore } from '@salus/persistence';
import { loadArtifact } from '@salus/registry';
import { TabularModel } from './tabular-model';

export class ModelHost {
  private readonly models = new Map<string, TabularModel>();

  /** @param only model ids to answer with; all when left out */
  constructor(
    private readonly blobs: BlobStore,
    private readonly only?: ReadonlySet<string>,
  ) {}

  /**
   * The version of a model that answers now.
   * @throws Fault UNKNOWN_MODEL naming those that are known
   */
  get(model: string | undefined): TabularModel {
    const found = model === undefined ? undefined : this.models.get(model);
    if (found) return found;
    const known = [...this.models.keys()].sort();
    throw new Fault('UNKNOWN_MODEL', `no promoted model of that name answers here; known are: ${known.join(', ') || 'none'}`, { known });
  }

  /** All of them, by id. */
  list(): TabularModel[] {
    return [...this.models.keys()].sort().map((id) => this.models.get(id) as TabularModel);
  }

  /**
   * Lets a promoted version answer from now on.
   * @throws Fault NOT_FOUND, INTEGRITY or INVALID_MANIFEST when its artifact cannot be loaded
   */
  async apply(promotion: Promotion): Promise<void> {
    if (this.only && !this.only.has(promotion.model)) return;
    const held = this.models.get(promotion.model);
    if (held?.artifact === promotion.artifact && held.version === promotion.version) return;
    const artifact = await loadArtifact(this.blobs, promotion.artifact);
    this.models.set(promotion.model, new TabularModel(artifact, promotion));
  }
}
