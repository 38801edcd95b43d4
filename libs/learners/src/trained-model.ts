/**
 * A trained model in two parts that hold no code: state as JSON (into the version's descriptor) and tensors as one
 * safetensors file. What is loaded predicts, explains and gives intervals with the same bits as what was saved.
 */
import { Fault } from '@salus/fault';
import type { CrossConformal } from './cross-conformal/cross-conformal';
import type { FittedModel } from './learner';
import { learnerOf } from './registry';
import { readSafetensors, tensorOf, writeSafetensors, type Tensors } from './safetensors/safetensors';
import { lengthOfTensor, requireFloats, requireIndices } from './saved-tensors';

/** A fitted model with, when it was calibrated, what its intervals come from. */
export interface TrainedModel {
  readonly fitted: FittedModel;
  readonly uncertainty?: CrossConformal;
}

/** JSON state and the bytes of the weights. */
export interface SavedModel {
  readonly state: Readonly<Record<string, unknown>>;
  readonly weights: Uint8Array;
}

const SCHEMA = 'salus.learner/1';

/** Saves a model; the same model gives the same state and bytes. */
export function saveModel({ fitted, uncertainty }: TrainedModel): SavedModel {
  const saved = learnerOf(fitted.algorithm).save(fitted);
  const tensors = Object.entries(saved.tensors).map(([name, tensor]) => [`model.${name}`, tensor] as const);
  const calibration = uncertainty ? Object.entries(uncertaintyTensors(uncertainty)) : [];
  return {
    state: {
      schema: SCHEMA,
      algorithm: fitted.algorithm,
      names: [...fitted.names],
      features: [...fitted.features],
      model: saved.state,
      uncertainty: uncertainty ? uncertainty.method : null,
    },
    weights: writeSafetensors(Object.fromEntries([...tensors, ...calibration])),
  };
}

/**
 * Loads what {@link saveModel} made.
 * @throws Fault INTEGRITY when state or weights are not that, INVALID_PARAMETERS for an algorithm that is not known here
 */
export function loadModel({ state, weights }: SavedModel): TrainedModel {
  const { schema, algorithm, names, features, model, uncertainty } = state;
  const isNames = (value: unknown): value is string[] => Array.isArray(value) && value.every((name) => typeof name === 'string');
  if (
    schema !== SCHEMA ||
    typeof algorithm !== 'string' ||
    !isNames(names) ||
    !isNames(features) ||
    names.length !== features.length ||
    typeof model !== 'object' ||
    model === null
  ) {
    throw new Fault('INTEGRITY', `the saved state of the learner does not have the form ${SCHEMA}`, { expected: SCHEMA });
  }
  const tensors = readSafetensors(weights);
  const own = Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith('model.') ? [[name.slice('model.'.length), tensor] as const] : []));
  const fitted = learnerOf(algorithm).load({ algorithm, names, features }, { state: model as Record<string, unknown>, tensors: Object.fromEntries(own) });
  if (uncertainty === null) return { fitted };
  if (uncertainty !== 'jackknife+' && uncertainty !== 'cv+')
    throw new Fault('INTEGRITY', 'the saved state names no known kind of uncertainty', { expected: ['jackknife+', 'cv+'] });
  return { fitted, uncertainty: loadUncertainty(uncertainty, tensors, names.length) };
}

function uncertaintyTensors({ models, residuals, starts }: CrossConformal): Tensors {
  const folds = models.intercepts.length;
  return {
    'uncertainty.intercepts': tensorOf(models.intercepts, [folds]),
    'uncertainty.coefficients': tensorOf(models.coefficients, [folds, models.coefficients.length / folds]),
    'uncertainty.residuals': tensorOf(residuals, [residuals.length]),
    'uncertainty.starts': tensorOf(starts, [folds + 1]),
  };
}

function loadUncertainty(method: CrossConformal['method'], tensors: Tensors, cols: number): CrossConformal {
  const folds = lengthOfTensor(tensors, 'uncertainty.intercepts');
  const rows = lengthOfTensor(tensors, 'uncertainty.residuals');
  const starts = requireIndices(tensors, 'uncertainty.starts', { shape: [folds + 1], limit: rows });
  const residuals = requireFloats(tensors, 'uncertainty.residuals', [rows]);
  for (let fold = 0; fold < folds; fold++) {
    const own = residuals.subarray(starts[fold], starts[fold + 1]);
    const ascending = own.every((value, i) => value >= 0 && (i === 0 || own[i - 1] <= value));
    if (starts[fold] >= starts[fold + 1] || !ascending) throw new Fault('INTEGRITY', `the residuals of fold ${fold} are empty or not in order`, { fold });
  }
  if (starts[0] !== 0 || starts[folds] !== rows) throw new Fault('INTEGRITY', 'the folds of the saved intervals do not cover their residuals', { rows });
  const models = {
    intercepts: requireFloats(tensors, 'uncertainty.intercepts', [folds]),
    coefficients: requireFloats(tensors, 'uncertainty.coefficients', [folds, cols]),
  };
  return { method, models, residuals, starts };
}
