/**
 * Reads and writes safetensors, the format of weights without code: 8 bytes with the length of a JSON header (unsigned,
 * little-endian), the header `{ name: { dtype, shape, data_offsets } }`, then the numbers, little-endian, without a gap.
 * Source: the format description of huggingface/safetensors. F64 and I32 are enough for learners; networks use ONNX.
 * A file is not trusted: every bound is checked before anything is allocated by it.
 */
import { Fault } from '@salus/fault';

/** A dense array, row-major. */
export type Tensor =
  | { readonly dtype: 'F64'; readonly shape: readonly number[]; readonly data: Float64Array }
  | { readonly dtype: 'I32'; readonly shape: readonly number[]; readonly data: Int32Array };

export type Tensors = Readonly<Record<string, Tensor>>;

const PREFIX_BYTES = 8;
const HEADER_LIMIT_BYTES = 1 << 20;
const BYTES_OF = { F64: 8, I32: 4 } as const;
type DType = keyof typeof BYTES_OF;

interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * A tensor over the values, which are not copied.
 * @throws Fault SHAPE_MISMATCH when the shape does not hold as many values
 */
export function tensorOf(data: Float64Array | Int32Array, shape: readonly number[]): Tensor {
  const size = sizeOf(shape);
  if (size !== data.length)
    throw new Fault('SHAPE_MISMATCH', `a tensor of shape [${shape.join(', ')}] holds ${size} values; received ${data.length}`, {
      expected: size,
      received: data.length,
    });
  return data instanceof Float64Array ? { dtype: 'F64', shape, data } : { dtype: 'I32', shape, data };
}

/** The bytes of the tensors: F64 first, then by name, so that the same tensors give the same bytes and every F64 is aligned. */
export function writeSafetensors(tensors: Tensors): Uint8Array {
  const ordered = Object.entries(tensors).sort(([a, left], [b, right]) => (left.dtype === right.dtype ? (a < b ? -1 : 1) : left.dtype === 'F64' ? -1 : 1));
  let offset = 0;
  const entries = ordered.map(([name, { dtype, shape, data }]) => {
    const begin = offset;
    offset += data.length * BYTES_OF[dtype];
    return [name, { dtype, shape, data_offsets: [begin, offset] }] as const;
  });
  const text = JSON.stringify(Object.fromEntries(entries));
  const unpadded = new TextEncoder().encode(text);
  const headerBytes = Math.ceil(unpadded.length / 8) * 8;
  const bytes = new Uint8Array(PREFIX_BYTES + headerBytes + offset).fill(0x20, PREFIX_BYTES, PREFIX_BYTES + headerBytes);
  bytes.set(unpadded, PREFIX_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  let at = PREFIX_BYTES + headerBytes;
  for (const [, tensor] of ordered) {
    for (const value of tensor.data) {
      if (tensor.dtype === 'F64') view.setFloat64(at, value, true);
      else view.setInt32(at, value, true);
      at += BYTES_OF[tensor.dtype];
    }
  }
  return bytes;
}

/**
 * The tensors of a file, by name.
 * @throws Fault INTEGRITY saying what is wrong with it
 */
export function readSafetensors(bytes: Uint8Array): Tensors {
  if (bytes.length < PREFIX_BYTES) throw broken(`it has ${bytes.length} bytes; expected at least ${PREFIX_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const declared = view.getBigUint64(0, true);
  if (declared > BigInt(HEADER_LIMIT_BYTES) || declared > BigInt(bytes.length - PREFIX_BYTES)) throw broken(`its header claims ${declared} bytes`);
  const start = PREFIX_BYTES + Number(declared);
  const entries = parseHeader(bytes.subarray(PREFIX_BYTES, start)).sort((a, b) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== expected) throw broken(`tensor ${name} starts at ${begin}; expected ${expected} (tensors may not overlap or leave a gap)`);
    expected = end;
  }
  if (start + expected !== bytes.length) throw broken(`its tensors take ${expected} bytes and it holds ${bytes.length - start}`);
  return Object.fromEntries(entries.map((entry) => [entry.name, readTensor(view, start, entry)]));
}

function parseHeader(bytes: Uint8Array): Entry[] {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw broken('its header is not JSON', cause);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw broken('its header is not an object');
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => parseEntry(name, value));
}

function parseEntry(name: string, value: unknown): Entry {
  const shown = JSON.stringify(name.slice(0, 64));
  const { dtype, shape, data_offsets: offsets } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES_OF, dtype))
    throw broken(`tensor ${shown} has no dtype that is read here; expected ${Object.keys(BYTES_OF).join(' or ')}`);
  if (!isSizes(shape) || shape.length > 8) throw broken(`tensor ${shown} has no shape; expected at most 8 sizes`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[1] < offsets[0]) throw broken(`tensor ${shown} has no data_offsets; expected [begin, end]`);
  const needed = sizeOf(shape) * BYTES_OF[dtype as DType];
  if (needed !== offsets[1] - offsets[0]) throw broken(`tensor ${shown} needs ${needed} bytes for its shape and claims ${offsets[1] - offsets[0]}`);
  return { name, dtype: dtype as DType, shape, begin: offsets[0], end: offsets[1] };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function readTensor(view: DataView, start: number, { dtype, shape, begin, end }: Entry): Tensor {
  const length = (end - begin) / BYTES_OF[dtype];
  const at = start + begin;
  if (dtype === 'F64') return { dtype, shape, data: Float64Array.from({ length }, (_, i) => view.getFloat64(at + 8 * i, true)) };
  return { dtype, shape, data: Int32Array.from({ length }, (_, i) => view.getInt32(at + 4 * i, true)) };
}

function broken(problem: string, cause?: unknown): Fault {
  return new Fault('INTEGRITY', `the weights are not a safetensors file that can be read: ${problem}`, { problem }, cause);
}
