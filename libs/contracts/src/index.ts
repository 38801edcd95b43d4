export * from './configuration';
export * from './dataset-view';
export * from './define';
export * from './job-view';
export * from './manifest';
export * from './scalars';
export * from './version-view';
export { scanContracts, type FoundContract } from './scan';
