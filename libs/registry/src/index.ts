export { loadArtifact, saveArtifact, storedForm, type Artifact } from './artifact';
export { canonicalBytes, canonicalJson, digestOf, digestOfFile } from './canonical-json';
export { parseDescriptor, readDescriptor, type DescriptorForm } from './descriptor';
export { ModelsFolder, parseManifest, type RegisteredModel } from './models-folder';
export { BucketSource, PRODUCTION, PromotionProjection, REGISTRY_BUCKET } from './promotion-bucket';
export { POLL_MS, PromotionFollower, type PromotionListener, type PromotionSource } from './promotion-follower';
