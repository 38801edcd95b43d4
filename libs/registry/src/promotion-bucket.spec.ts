import { MemoryKeyValue } from '@salus/messaging';
import { madePromotion } from './made-version.conformance';
import { BucketSource, PromotionProjection, REGISTRY_BUCKET } from './promotion-bucket';

describe('the registry bucket', () => {
  const bucket = new MemoryKeyValue().open(REGISTRY_BUCKET);
  const projection = new PromotionProjection(bucket);
  const source = new BucketSource(bucket, 'prediction');
  afterEach(async () => {
    for (const key of await bucket.keys()) await bucket.delete(key);
  });

  it('gives a service the promotions that are for it', async () => {
    const own = [madePromotion({ model: 'a' }), madePromotion({ model: 'b', revision: 2 })];
    await projection.project([...own, madePromotion({ service: 'diagnosis', revision: 3 }), madePromotion({ model: 'c', alias: 'candidate', revision: 4 })], 4);
    expect((await source.read()).sort((x, y) => x.revision - y.revision)).toEqual(own);
  });

  it('writes nothing when everything stands there already', async () => {
    await projection.project([madePromotion()], 1);
    const puts = jest.spyOn(bucket, 'put');
    await projection.project([madePromotion()], 1);
    expect(puts).not.toHaveBeenCalled();
    puts.mockRestore();
  });

  it('does not replace what a faster instance wrote', async () => {
    await projection.project([madePromotion({ revision: 6 })], 6);
    await projection.project([madePromotion({ revision: 5 })], 6);
    expect(await source.read()).toEqual([madePromotion({ revision: 6 })]);
  });

  it('replaces what comes from another database', async () => {
    await projection.project([madePromotion({ revision: 60 })], 60);
    await projection.project([madePromotion({ revision: 5 })], 5);
    expect(await source.read()).toEqual([madePromotion({ revision: 5 })]);
  });

  it('is written again after a wipe', async () => {
    await projection.project([madePromotion()], 1);
    for (const key of await bucket.keys()) await bucket.delete(key);
    await projection.project([madePromotion()], 1);
    expect(await source.read()).toEqual([madePromotion()]);
  });

  it.each([['{'], ['{}'], ['null'], [JSON.stringify(madePromotion({ model: 'b' }))], [JSON.stringify({ ...madePromotion(), revision: 1.5 })]])('passes over the foreign value %s', async (text) => {
    await bucket.put('prediction.m.production', Buffer.from(text));
    expect(await source.read()).toEqual([]);
  });
});
