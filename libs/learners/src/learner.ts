/**
 * What a learner is: a plain object with data (parameters, capabilities, documentation) and functions. One folder per
 * algorithm, `<algorithm>/<algorithm>.learner.ts`, exports it as `learner`; the folder is the registration.
 * `fit` and `predict` may return a promise, because some algorithms compute on a device; callers always await.
 */
import type { Design } from './design';
import type { ParameterSpecs, ParameterValues } from './parameters';
import type { Tensor } from './safetensors/safetensors';

/** What a task is fitted to and what it predicts; further tasks add their line here. */
export interface Tasks {
  /** A number per row, in the target's unit. */
  regression: { target: Float64Array; prediction: Float64Array };
}
export type Task = keyof Tasks;

export type Awaitable<Value> = Value | Promise<Value>;

/** Rows to learn from. */
export interface TrainingData<T extends Task = Task> {
  /** [rows, cols] */
  readonly design: Design;
  /** [rows] */
  readonly target: Tasks[T]['target'];
  /** [rows], each finite and at least 0: how much a row counts; 1 everywhere when left out. */
  readonly weights?: Float64Array;
}

export interface FitOptions {
  /** By name; what is left out gets its default. Unknown names and values out of range are refused. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Integer 0 … 2^32 - 1; the same data, parameters and seed give the same bits. */
  readonly seed: number;
  /** Ends the fit with CANCELLED at its next step. */
  readonly signal?: AbortSignal;
  /** Told now and then while it works. */
  readonly progress?: (progress: FitProgress) => void;
}

export interface FitProgress {
  /** 0 … 1 */
  readonly fraction: number;
  readonly phase: string;
  readonly metrics?: Readonly<Record<string, number>>;
}

/** What the facade gives a learner: checked data and complete parameters. */
export interface ResolvedFit extends Omit<FitOptions, 'parameters'> {
  readonly parameters: ParameterValues;
}

/** What every fitted model has in common; the rest is the learner's own. */
export interface FittedModel {
  readonly algorithm: string;
  /** The design columns it was fitted on, in order. */
  readonly names: readonly string[];
  /** The original feature of each design column. */
  readonly features: readonly string[];
}

/** What a learner can do, as data; the conformance suite tests what is declared. */
export interface Capabilities {
  readonly rowWeights: boolean;
  readonly classWeights: boolean;
  readonly probabilities: boolean;
  readonly missingValues: boolean;
  /** Whether collinear columns are refused by default. */
  readonly needsFullRank: boolean;
  /** How contributions are found: `exact` from the model's own form. */
  readonly explanation: 'exact' | 'none';
  readonly warmStart: boolean;
  /** Whether the seed matters. */
  readonly usesRandomness: boolean;
}

/** How a prediction comes about: base + Σ contributions = prediction. */
export interface Explanation {
  /** The space in which the sum holds; `output` = the target's unit. */
  readonly space: 'output';
  /** Mean prediction over the training rows. */
  readonly base: number;
  /** One per original feature, in the order of the design. */
  readonly contributions: readonly { readonly feature: string; readonly value: number }[];
}

/** A model that is linear in the design columns: prediction = intercept + Σ coefficient · column. */
export interface LinearTerms {
  readonly intercept: number;
  /** [cols] */
  readonly coefficients: Float64Array;
  /** Of intercept and coefficients, [1 + cols, 1 + cols] row-major; absent where the method gives none. */
  readonly covariance?: Float64Array;
}

/** Several linear models on the same design columns. */
export interface LinearModels {
  /** [models] */
  readonly intercepts: Float64Array;
  /** [models, cols] row-major */
  readonly coefficients: Float64Array;
}

/** What a linear learner offers beside fit and predict. */
export interface LinearForm<Fitted extends FittedModel = FittedModel> {
  terms(fitted: Fitted): LinearTerms;
  /** Parameters that the fits within folds use in place of the given ones. */
  readonly foldParameters?: Readonly<Record<string, unknown>>;
  /** The model without each row in turn, by a short cut: model i has not seen row i. */
  leaveOneOut?(fitted: Fitted, data: TrainingData<'regression'>): LinearModels;
}

/** What is stored of a fitted model: JSON values (finite numbers only) and tensors. */
export interface SavedState {
  readonly state: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

export interface Learner<T extends Task = Task, Fitted extends FittedModel = FittedModel> {
  /** Its name in manifests: the name of its folder. */
  readonly algorithm: string;
  readonly task: T;
  /** One sentence. */
  readonly summary: string;
  /** Book or paper that the method follows. */
  readonly source: string;
  readonly parameters: ParameterSpecs;
  readonly capabilities: Capabilities;
  /** Data and parameters have been checked. */
  fit(data: TrainingData<T>, options: ResolvedFit): Awaitable<Fitted>;
  /** The design has the fitted columns and holds finite numbers. */
  predict(fitted: Fitted, design: Design): Awaitable<Tasks[T]['prediction']>;
  /** One explanation per row; absent when capabilities.explanation is `none`. */
  explain?(fitted: Fitted, design: Design): Awaitable<Explanation[]>;
  /** Present when the model is linear in the design columns. */
  readonly linear?: LinearForm<Fitted>;
  /** Facts for a reader, such as R² or iterations; JSON values. */
  summarise(fitted: Fitted): Readonly<Record<string, unknown>>;
  save(fitted: Fitted): SavedState;
  /** Throws Fault INTEGRITY when the state is not one that `save` made. */
  load(base: FittedModel, saved: SavedState): Fitted;
}

/** Helps a learner's file to be typed by its own fitted model and yet be one of many. */
export function defineLearner<T extends Task, Fitted extends FittedModel>(learner: Learner<T, Fitted>): Learner<T, Fitted> {
  return learner;
}
