/**
 * The numbers of a DuckDB vector as one typed array. The client offers only a call per value, which boxes every number; its vector
 * classes hold the array in the field `items`, which its types call private. It is read here and nowhere else, and checked, so that
 * a client that changed says so at the first table.
 */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import { Fault } from '@salus/fault';

/**
 * The items of a DOUBLE column of a chunk, to read or to write (call `flush` on the vector after writing).
 *
 * @throws Fault INTERNAL when the client holds them in another way
 */
export function doubleItems(chunk: DuckDBDataChunk, at: number): Float64Array {
  const items = itemsOf(chunk, at);
  if (items instanceof Float64Array && items.length === chunk.rowCount) return items;
  throw unfit();
}

/** The same for an INTEGER column. */
export function integerItems(chunk: DuckDBDataChunk, at: number): Int32Array {
  const items = itemsOf(chunk, at);
  if (items instanceof Int32Array && items.length === chunk.rowCount) return items;
  throw unfit();
}

function itemsOf(chunk: DuckDBDataChunk, at: number): unknown {
  return (chunk.getColumnVector(at) as unknown as { readonly items?: unknown }).items;
}

function unfit(): Fault {
  return new Fault('INTERNAL', 'the DuckDB client does not hold the numbers of a vector in a typed array; its version is not the one this room is made for');
}
