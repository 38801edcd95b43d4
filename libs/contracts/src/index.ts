export * from './define';
export * from './job-view';
export * from './manifest';
export * from './scalars';
export { scanContracts, type FoundContract } from './scan';
