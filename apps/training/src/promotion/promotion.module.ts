/** Wiring of versions and promotions. */
import { Module } from '@nestjs/common';
import { KeyValue } from '@salus/messaging';
import { PromotionProjection, REGISTRY_BUCKET } from '@salus/registry';
import { VersionStore } from '../versions/version.store';
import { ChangePromotion } from './change-promotion';
import { PromotionStore } from './promotion.store';
import { RegistryProjector } from './registry-projector';

@Module({
  providers: [
    { provide: PromotionProjection, useFactory: (buckets: KeyValue) => new PromotionProjection(buckets.open(REGISTRY_BUCKET)), inject: [KeyValue] },
    VersionStore,
    PromotionStore,
    RegistryProjector,
    ChangePromotion,
  ],
  exports: [VersionStore, ChangePromotion],
})
export class PromotionModule {}
