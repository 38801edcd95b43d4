export { findDataset } from './find-dataset';
export { cancelJob, expectSucceeded, findJob, followJob, jobServices, listJobs, resultOf, type FollowOptions, type JobListing } from './jobs';
export { DEFAULT_PATIENCE_MS, patiently, type Patience } from './patience';
export type { PlatformClient, RequestOptions } from './platform-client';
export { predict, type PredictionReply, type PredictionRequest } from './predict';
export { prepareModel, type ModelOnDataset, type Prepared } from './prepare-model';
export { beginTraining, trainModel, type Trained, type TrainingBegun } from './train-model';
export { uploadFile, type UploadOptions } from './upload-file';
