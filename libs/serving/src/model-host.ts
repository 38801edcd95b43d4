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

/** Which version of which model answers now. */
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
    return [...this.models.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /**
   * Lets a promoted version answer from now on.
   * @returns whether that changed anything: false for a model of others and for the version that answers already
   * @throws Fault NOT_FOUND, INTEGRITY or INVALID_DATA when its artifact cannot be loaded or is one of another model
   */
  async apply(promotion: Promotion): Promise<boolean> {
    if (this.only && !this.only.has(promotion.model)) return false;
    const held = this.models.get(promotion.model);
    if (held?.artifact === promotion.artifact && held.version === promotion.version) return false;
    const artifact = await loadArtifact(this.blobs, promotion.artifact);
    const { model } = artifact.descriptor;
    if (model !== promotion.model) {
      throw new Fault('INVALID_DATA', `the artifact promoted for ${promotion.model} is one of ${model}`, { expected: promotion.model, received: model });
    }
    this.models.set(promotion.model, new TabularModel(artifact, promotion));
    return true;
  }
}
