/** Takes tensors out of a saved model, refusing what does not have the expected form. */
import { Fault } from '@salus/fault';
import type { Tensors } from './safetensors/safetensors';

/**
 * A float64 tensor of exactly this shape, all finite.
 * @throws Fault INTEGRITY
 */
export function requireFloats(tensors: Tensors, name: string, shape: readonly number[]): Float64Array {
  const tensor = requireShape(tensors, name, shape);
  if (tensor.dtype !== 'F64') throw unfit(name, 'F64', tensor.dtype);
  if (!tensor.data.every(Number.isFinite)) throw unfit(name, 'finite numbers', 'a number that is not finite');
  return tensor.data;
}

/**
 * An integer tensor of exactly this shape, every value in 0 … limit.
 * @throws Fault INTEGRITY
 */
export function requireIndices(tensors: Tensors, name: string, { shape, limit }: { shape: readonly number[]; limit: number }): Int32Array {
  const tensor = requireShape(tensors, name, shape);
  if (tensor.dtype !== 'I32') throw unfit(name, 'I32', tensor.dtype);
  if (!tensor.data.every((index) => index >= 0 && index <= limit)) throw unfit(name, `indices from 0 to ${limit}`, 'an index outside');
  return tensor.data;
}

/** Length of a one-dimensional tensor. */
export function lengthOfTensor(tensors: Tensors, name: string): number {
  const shape = Object.hasOwn(tensors, name) ? tensors[name].shape : [];
  if (shape.length !== 1) throw unfit(name, 'a tensor of one dimension', `shape [${shape.join(', ')}]`);
  return shape[0];
}

/**
 * A number of the saved state.
 * @throws Fault INTEGRITY when it is absent or below the minimum
 */
export function requireNumber(state: Readonly<Record<string, unknown>>, name: string, minimum: number): number {
  const value = Object.hasOwn(state, name) ? state[name] : undefined;
  if (typeof value !== 'number' || !(value >= minimum)) throw unfit(name, `a number from ${minimum}`, typeof value);
  return value;
}

function requireShape(tensors: Tensors, name: string, shape: readonly number[]): Tensors[string] {
  if (!Object.hasOwn(tensors, name)) throw unfit(name, `a tensor of shape [${shape.join(', ')}]`, 'nothing');
  const tensor = tensors[name];
  if (tensor.shape.length !== shape.length || tensor.shape.some((size, at) => size !== shape[at])) {
    throw unfit(name, `shape [${shape.join(', ')}]`, `[${tensor.shape.join(', ')}]`);
  }
  return tensor;
}

function unfit(name: string, expected: string, received: string): Fault {
  return new Fault('INTEGRITY', `${name} of the saved model: expected ${expected}; received ${received}`, { name, expected, received });
}
