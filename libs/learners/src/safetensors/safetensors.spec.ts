import fc from 'fast-check';
import { readSafetensors, tensorOf, writeSafetensors, type Tensor } from './safetensors';

/** A file with this header text and this many bytes of data. */
function fileOf(header: string, dataBytes: number, claimed?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const entry = (begin: number, end: number, changed: object = {}): object => ({
  dtype: 'F64',
  shape: [(end - begin) / 8],
  data_offsets: [begin, end],
  ...changed,
});
const headerOf = (entries: object): string => JSON.stringify(entries);

describe('safetensors', () => {
  it('give back the bits of every number, NaN, infinities and -0 included', () => {
    const floats = fc.float64Array({ maxLength: 20 }).map((data): Tensor => tensorOf(data, [data.length]));
    const integers = fc.int32Array({ maxLength: 20 }).map((data): Tensor => tensorOf(data, [1, data.length]));
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ maxLength: 12 }).filter((name) => name !== '__metadata__'),
          fc.oneof(floats, integers),
          { maxKeys: 6 },
        ),
        (drawn) => {
          const tensors = { ...drawn };
          const back = readSafetensors(writeSafetensors(tensors));
          expect(Object.keys(back).sort()).toEqual(Object.keys(tensors).sort());
          for (const [name, tensor] of Object.entries(tensors)) {
            expect(back[name].shape).toEqual(tensor.shape);
            expect(new Uint8Array(back[name].data.buffer)).toEqual(new Uint8Array(tensor.data.slice().buffer));
          }
        },
      ),
    );
  });

  it('lie as the format says: length, header, then little-endian numbers from a multiple of 8', () => {
    const bytes = writeSafetensors({ b: tensorOf(Int32Array.of(1, -1), [2]), a: tensorOf(Float64Array.of(1.5), [1, 1]) });
    const view = new DataView(bytes.buffer);
    const headerBytes = Number(view.getBigUint64(0, true));
    expect((8 + headerBytes) % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)))).toEqual({
      a: { dtype: 'F64', shape: [1, 1], data_offsets: [0, 8] },
      b: { dtype: 'I32', shape: [2], data_offsets: [8, 16] },
    });
    expect(view.getFloat64(8 + headerBytes, true)).toBe(1.5);
    expect(view.getInt32(8 + headerBytes + 12, true)).toBe(-1);
  });

  it('do not depend on the order in which the tensors are given', () => {
    const [a, b] = [tensorOf(Float64Array.of(1), [1]), tensorOf(Int32Array.of(2), [1])];
    expect(writeSafetensors({ a, b })).toEqual(writeSafetensors({ b, a }));
  });

  it('are read from a view into a larger buffer, and metadata is passed over', () => {
    const inner = fileOf(headerOf({ __metadata__: { by: 'someone' }, a: entry(0, 8) }), 8);
    const outer = new Uint8Array(inner.length + 3);
    outer.set(inner, 3);
    expect(Object.keys(readSafetensors(outer.subarray(3)))).toEqual(['a']);
  });

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['7 bytes', new Uint8Array(7)],
    ['a header longer than the file', fileOf('{}', 0, 3n)],
    ['a header of 2^63 bytes', fileOf('{}', 0, 2n ** 63n)],
    ['a header longer than the limit', fileOf(' '.repeat((1 << 20) + 1), 0)],
    ['a header that is not JSON', fileOf('{"a":', 0)],
    ['a header that is not UTF-8', fileOf('{}', 0).fill(0xff, 8)],
    ['a header that is a list', fileOf('[]', 0)],
    ['a header that is null', fileOf('null', 0)],
    ['an entry that is null', fileOf(headerOf({ a: null }), 0)],
    ['another dtype', fileOf(headerOf({ a: entry(0, 8, { dtype: 'BF16' }) }), 8)],
    ['an inherited name as dtype', fileOf(headerOf({ a: entry(0, 8, { dtype: 'constructor' }) }), 8)],
    ['a negative size', fileOf(headerOf({ a: entry(0, 8, { shape: [-1] }) }), 8)],
    ['sizes whose product overflows', fileOf(headerOf({ a: entry(0, 8, { shape: [2 ** 31, 2 ** 31, 2 ** 31] }) }), 8)],
    ['a shape that is no list', fileOf(headerOf({ a: entry(0, 8, { shape: 1 }) }), 8)],
    ['nine dimensions', fileOf(headerOf({ a: entry(0, 8, { shape: [1, 1, 1, 1, 1, 1, 1, 1, 1] }) }), 8)],
    ['offsets the wrong way round', fileOf(headerOf({ a: entry(0, 8, { data_offsets: [8, 0] }) }), 8)],
    ['three offsets', fileOf(headerOf({ a: entry(0, 8, { data_offsets: [0, 8, 8] }) }), 8)],
    ['a shape that needs more bytes than claimed', fileOf(headerOf({ a: entry(0, 8, { shape: [2] }) }), 8)],
    ['tensors that overlap', fileOf(headerOf({ a: entry(0, 16), b: entry(8, 24) }), 24)],
    ['two tensors over the same bytes', fileOf(headerOf({ a: entry(0, 8), b: entry(0, 8) }), 8)],
    ['a gap between tensors', fileOf(headerOf({ a: entry(0, 8), b: entry(16, 24) }), 24)],
    ['a gap before the first tensor', fileOf(headerOf({ a: entry(8, 16) }), 16)],
    ['more data than the header claims', fileOf(headerOf({ a: entry(0, 8) }), 9)],
    ['less data than the header claims', fileOf(headerOf({ a: entry(0, 8) }), 7)],
  ])('are refused: %s', (_, bytes) => {
    expect(() => readSafetensors(bytes)).toThrow(expect.objectContaining({ code: 'INTEGRITY' }));
  });

  it('are read or refused, never anything else, when a byte of the header is changed', () => {
    const good = writeSafetensors({ a: tensorOf(Float64Array.of(1, 2), [2]), b: tensorOf(Int32Array.of(3), [1]) });
    const headerBytes = Number(new DataView(good.buffer).getBigUint64(0, true));
    fc.assert(
      fc.property(fc.nat(7 + headerBytes), fc.nat(255), (at, byte) => {
        try {
          readSafetensors(good.with(at, byte));
        } catch (error) {
          expect(error).toEqual(expect.objectContaining({ name: 'Fault', code: 'INTEGRITY' }));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuse a shape that does not hold the values', () => {
    expect(() => tensorOf(Float64Array.of(1, 2, 3), [2, 2])).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  });
});
