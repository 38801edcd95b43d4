import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Promotion } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { MemoryKeyValue, type KeyValueStore } from '@salus/messaging';
import { madePromotion } from './made-version.conformance';
import { BucketSource, PromotionProjection, REGISTRY_BUCKET } from './promotion-bucket';
import { PromotionFollower } from './promotion-follower';

/** A follower over a bucket that can go away, with what it applied and told. */
class Followed {
  readonly applied: number[] = [];
  readonly troubles: { code: string; revision?: number }[] = [];
  /** Revisions that cannot be applied. */
  readonly refused = new Set<number>();
  isAway = false;
  onApplied: (revision: number) => void = () => undefined;
  readonly bucket: KeyValueStore = new MemoryKeyValue().open(REGISTRY_BUCKET);
  private readonly projection = new PromotionProjection(this.bucket);
  readonly follower: PromotionFollower;

  constructor() {
    const source = new BucketSource(this.bucket, 'prediction');
    const read = (): Promise<Promotion[]> => (this.isAway ? Promise.reject(new Fault('UNAVAILABLE', 'away')) : source.read());
    this.follower = new PromotionFollower({ read, watch: (onChange, signal) => source.watch(onChange, signal) }, {
      apply: async ({ revision }) => {
        if (this.refused.has(revision)) throw new Fault('INTEGRITY', 'refused');
        this.applied.push(revision);
        this.onApplied(revision);
      },
      onTrouble: (error, entry) => void this.troubles.push({ code: Fault.from(error).code, revision: entry?.revision }),
    });
  }

  /** Puts a promotion into the bucket, whatever stands there. */
  put(revision: number, model = 'm'): Promise<void> {
    const entry = madePromotion({ revision, model });
    return this.bucket.put(`prediction.${entry.model}.production`, Buffer.from(JSON.stringify(entry)));
  }

  project(revision: number): Promise<void> {
    return this.projection.project([madePromotion({ revision })], revision);
  }
}

describe('the promotion follower', () => {
  let followed: Followed;
  beforeEach(() => {
    followed = new Followed();
  });
  afterEach(() => followed.follower.close());

  it('applies what is newer, once, and never what is older', async () => {
    for (const revision of [3, 3, 2, 7, 3, 1, 8]) {
      await followed.put(revision);
      await followed.follower.refresh();
    }
    expect(followed.applied).toEqual([3, 7, 8]);
  });

  it('keeps each model by its own revision', async () => {
    await followed.put(9, 'a');
    await followed.put(4, 'b');
    await followed.follower.refresh();
    expect(followed.applied.sort()).toEqual([4, 9]);
  });

  it('offers a promotion that could not be applied again, and tells of it once', async () => {
    followed.refused.add(1);
    await followed.project(1);
    for (let i = 0; i < 3; i++) await followed.follower.refresh();
    expect(followed.troubles).toEqual([{ code: 'INTEGRITY', revision: 1 }]);
    followed.refused.clear();
    await followed.follower.refresh();
    expect(followed.applied).toEqual([1]);
  });

  it('goes on to the next promotion when one cannot be applied', async () => {
    followed.refused.add(1);
    await followed.put(1, 'a');
    await followed.put(2, 'b');
    await followed.follower.refresh();
    expect(followed.applied).toEqual([2]);
  });

  it('keeps its state while the source is away and tells of it once per outage', async () => {
    await followed.project(5);
    await followed.follower.refresh();
    for (let outage = 0; outage < 2; outage++) {
      followed.isAway = true;
      for (let i = 0; i < 3; i++) await followed.follower.refresh();
      followed.isAway = false;
      await followed.follower.refresh();
    }
    expect(followed.applied).toEqual([5]);
    expect(followed.troubles).toEqual([{ code: 'UNAVAILABLE' }, { code: 'UNAVAILABLE' }]);
  });

  it('says nothing of a source that was never there, and has not caught up before it is', async () => {
    followed.isAway = true;
    let isCaughtUp = false;
    void followed.follower.caughtUp().then(() => {
      isCaughtUp = true;
    });
    await followed.follower.refresh();
    await nextTurn();
    expect([isCaughtUp, followed.troubles]).toEqual([false, []]);
    followed.isAway = false;
    await followed.follower.refresh();
    await followed.follower.caughtUp();
  });

  it('keeps its state when the bucket is wiped and starts again with older revisions', async () => {
    await followed.put(5);
    await followed.follower.refresh();
    await followed.bucket.delete('prediction.m.production');
    await followed.follower.refresh();
    await followed.put(5);
    await followed.follower.refresh();
    expect([followed.applied, followed.troubles]).toEqual([[5], []]);
  });

  it('hears of a change by itself once it was started, and of none after it was closed', async () => {
    const heard = new Promise<number>((resolve) => {
      followed.onApplied = resolve;
    });
    followed.follower.start();
    await followed.follower.caughtUp();
    await followed.project(2);
    await expect(heard).resolves.toBe(2);
    await followed.follower.close();
    await followed.project(3);
    await followed.follower.refresh();
    expect(followed.applied).toEqual([2]);
  });

  it('reads once more for many wishes that come while it reads', async () => {
    let reads = 0;
    const read = async (): Promise<Promotion[]> => {
      reads += 1;
      await nextTurn();
      return [];
    };
    const nothing = async (): Promise<void> => undefined;
    const follower = new PromotionFollower({ read, watch: nothing }, { apply: nothing, onTrouble: () => undefined });
    const first = follower.refresh();
    await nextTurn();
    await Promise.all([first, ...Array.from({ length: 50 }, () => follower.refresh())]);
    expect(reads).toBeLessThanOrEqual(3);
    await follower.close();
  });
});
