import { foldsOf } from '@salus/evaluation';
import { crossConformal } from './cross-conformal/cross-conformal';
import { fitLearner } from './learn';
import { readSafetensors, tensorOf, writeSafetensors, type Tensor, type Tensors } from './safetensors/safetensors';
import { simulateRows } from './simulated-rows.conformance';
import { loadModel, saveModel, type SavedModel } from './trained-model';

const data = simulateRows({ rows: 30, cols: 2, seed: 1 });

async function saved(): Promise<SavedModel> {
  const fitted = await fitLearner('ols', data, { seed: 1 });
  const uncertainty = await crossConformal(fitted, data, { seed: 1, independentRows: false, assignFolds: (folds) => foldsOf(30, { folds, seed: 1 }) });
  return saveModel({ fitted, uncertainty });
}

describe('a saved model', () => {
  it('is the same bytes each time', async () => {
    expect(await saved()).toEqual(await saved());
  });

  it('holds no number in its state that JSON would change', async () => {
    const { state } = await saved();
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it.each<[string, (state: Record<string, unknown>) => Record<string, unknown>]>([
    ['another schema', (state) => ({ ...state, schema: 'salus.learner/2' })],
    ['no algorithm', (state) => ({ ...state, algorithm: 7 })],
    ['fewer features than columns', (state) => ({ ...state, features: ['x0'] })],
    ['more columns than the weights have', (state) => ({ ...state, names: ['x0', 'x1', 'x2'], features: ['x0', 'x1', 'x2'] })],
    ['no state of the learner', (state) => ({ ...state, model: null })],
    ['a state without its numbers', (state) => ({ ...state, model: {} })],
    ['an unknown kind of uncertainty', (state) => ({ ...state, uncertainty: 'guess' })],
  ])('is refused with %s', async (_, spoil) => {
    const { state, weights } = await saved();
    expect(() => loadModel({ state: spoil({ ...state }), weights })).toThrow(expect.objectContaining({ code: 'INTEGRITY' }));
  });

  it('is refused when its algorithm is not known here', async () => {
    const { state, weights } = await saved();
    expect(() => loadModel({ state: { ...state, algorithm: 'oracle' }, weights })).toThrow(expect.objectContaining({ code: 'INVALID_PARAMETERS' }));
  });

  it.each<[string, string, (tensor: Tensor) => Tensor | undefined]>([
    ['without its coefficients', 'model.coefficients', () => undefined],
    ['with NaN for a coefficient', 'model.coefficients', () => tensorOf(Float64Array.of(NaN, 1), [2])],
    ['with integers for coefficients', 'model.coefficients', () => tensorOf(Int32Array.of(1, 1), [2])],
    ['with a kept column that does not exist', 'model.kept', () => tensorOf(Int32Array.of(0, 2), [2])],
    ['with a triangle of another size', 'model.r', () => tensorOf(new Float64Array(9), [3, 3])],
    ['with folds that overlap', 'uncertainty.starts', ({ data: starts, shape }) => tensorOf(Int32Array.from(starts).fill(0, 0, 2), shape)],
    [
      'with folds that do not begin at the first row',
      'uncertainty.starts',
      ({ data: starts, shape }) => tensorOf(Int32Array.from(starts).fill(1, 0, 1), shape),
    ],
    ['with residuals out of order', 'uncertainty.residuals', ({ data: residuals, shape }) => tensorOf(Float64Array.from(residuals).reverse(), shape)],
    ['with a negative residual', 'uncertainty.residuals', ({ data: residuals, shape }) => tensorOf(Float64Array.from(residuals).fill(-1, 0, 1), shape)],
    ['with models of another width', 'uncertainty.coefficients', () => tensorOf(new Float64Array(20), [20, 1])],
  ])('is refused %s', async (_name, tensor, spoil) => {
    const { state, weights } = await saved();
    const tensors: Record<string, Tensor | undefined> = { ...readSafetensors(weights) };
    tensors[tensor] = spoil(tensors[tensor]!);
    const kept = Object.fromEntries(Object.entries(tensors).filter(([, value]) => value !== undefined)) as Tensors;
    expect(() => loadModel({ state, weights: writeSafetensors(kept) })).toThrow(expect.objectContaining({ code: 'INTEGRITY' }));
  });
});
