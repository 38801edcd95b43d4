export {
  FOLDS,
  LEAVE_ONE_OUT_ROWS,
  crossConformal,
  predictionIntervals,
  type CrossConformal,
  type CrossConformalOptions,
  type PredictionInterval,
} from './cross-conformal/cross-conformal';
export { checkDesign, checkVector, takeDesignRows, type Design } from './design';
export { explain, fitLearner, linearTermsOf, predict, summarise } from './learn';
export {
  defineLearner,
  type Capabilities,
  type Explanation,
  type FitOptions,
  type FitProgress,
  type FittedModel,
  type Learner,
  type LinearModels,
  type LinearTerms,
  type Task,
  type Tasks,
  type TrainingData,
} from './learner';
export { describeParameter, resolveParameters, type ParameterSpec, type ParameterSpecs, type ParameterValues } from './parameters';
export { learnerOf, learners } from './registry';
export { readSafetensors, tensorOf, writeSafetensors, type Tensor, type Tensors } from './safetensors/safetensors';
export { loadModel, saveModel, type SavedModel, type TrainedModel } from './trained-model';
