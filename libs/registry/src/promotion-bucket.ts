/**
 * The key-value bucket `registry`: what is promoted, as training projects it and serving apps read it. It is a projection
 * of PostgreSQL, whose revisions count; the bucket's own start again after a wipe.
 */
import { promotion, type Promotion } from '@salus/contracts';
import type { KeyValueStore } from '@salus/messaging';
import type { PromotionSource } from './promotion-follower';

/** Name of the key-value bucket. */
export const REGISTRY_BUCKET = 'registry';
/** The alias whose version answers requests. */
export const PRODUCTION = 'production';

const keyOf = ({ service, model, alias }: Pick<Promotion, 'service' | 'model' | 'alias'>): string => `${service}.${model}.${alias}`;

/** Writes promotions into the bucket; writing the same ones again writes nothing. */
export class PromotionProjection {
  constructor(private readonly bucket: KeyValueStore) {}

  /**
   * Makes the bucket hold these promotions.
   * @param newest the last revision that PostgreSQL has given. A promotion in the bucket is kept when it is newer than the one
   * to write, since another instance was faster, unless it is newer than this: then it comes from another database
   * @throws Fault UNAVAILABLE when the bucket cannot be reached; some may then be written
   */
  async project(entries: readonly Promotion[], newest: number): Promise<void> {
    for (const entry of entries) {
      const stored = decode(await this.bucket.get(keyOf(entry)));
      const isCurrent = stored !== undefined && stored.revision >= entry.revision && stored.revision <= newest;
      if (!isCurrent) await this.bucket.put(keyOf(entry), Buffer.from(JSON.stringify(entry)));
    }
  }
}

/** The bucket as a source, narrowed to what one service answers with. */
export class BucketSource implements PromotionSource {
  constructor(
    private readonly bucket: KeyValueStore,
    private readonly service: string,
  ) {}

  async read(): Promise<Promotion[]> {
    const keys = (await this.bucket.keys()).filter((key) => key.startsWith(`${this.service}.`) && key.endsWith(`.${PRODUCTION}`));
    const entries = await Promise.all(keys.map(async (key) => decode(await this.bucket.get(key))));
    return entries.filter((entry, at): entry is Promotion => entry !== undefined && keyOf(entry) === keys[at]);
  }

  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    await this.bucket.watch(() => onChange(), signal);
  }
}

/** The promotion that the bytes hold; what is none, such as a foreign key in the bucket, is passed over. */
function decode(bytes: Uint8Array | undefined): Promotion | undefined {
  if (!bytes) return undefined;
  try {
    return promotion.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
