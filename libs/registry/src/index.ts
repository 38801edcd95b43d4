export { canonicalBytes, canonicalJson, digestOf, digestOfFile } from './canonical-json';
export { loadArtifact, saveArtifact, type Artifact } from './artifact';
export { ModelsFolder, parseManifest, type RegisteredModel } from './models-folder';
export { BucketSource, POLL_MS, PromotionFollower, PromotionProjection, REGISTRY_BUCKET, type PromotionSource } from './promotion-feed';
