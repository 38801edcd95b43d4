/**
 * Reduces a tall least-squares problem to a small one with the same solution: the rows pass in blocks through a running
 * triangle (sequential tall-skinny QR: Demmel, Grigori, Hoemmen & Langou 2012), so that the work stays in the cache. Blocks
 * have a fixed size and pass in row order, so the same rows give the same bits.
 */

/** Rows of a block: 256 rows of 50 columns are 100 KiB. */
const BLOCK_ROWS = 256;

interface TallProblem {
  /** [rows, cols] column-major */
  readonly columns: Float64Array;
  readonly rows: number;
  readonly cols: number;
  /** [rows] */
  readonly vector: Float64Array;
}

/** The columns and the vector after an orthogonal transformation: all below row `cols` + 1 has become 0. */
export interface ReducedProblem {
  /** [cols + 1, cols] column-major, upper triangular */
  readonly columns: Float64Array;
  /** [cols + 1] */
  readonly vector: Float64Array;
}

/** The triangle of all rows; the vector goes through as one more column. */
export function reduceTall({ columns, rows, cols, vector }: TallProblem): ReducedProblem {
  const width = cols + 1;
  // triangle[j * width + i] is row i of column j
  const triangle = new Float64Array(width * width);
  for (let start = 0; start < rows; start += BLOCK_ROWS) {
    const end = Math.min(rows, start + BLOCK_ROWS);
    const block = Array.from({ length: width }, (_, j) => (j < cols ? columns.slice(j * rows + start, j * rows + end) : vector.slice(start, end)));
    foldIn(triangle, block);
  }
  return { columns: triangle.slice(0, width * cols), vector: triangle.slice(width * cols) };
}

/** Turns a block of rows into zeros by reflections that involve, for column j, row j of the triangle and the block only. */
function foldIn(triangle: Float64Array, block: readonly Float64Array[]): void {
  const width = block.length;
  for (let j = 0; j < width; j++) {
    const own = block[j];
    const pivot = triangle[j * width + j];
    const squares = dot(own, own);
    if (squares === 0) continue;
    const norm = Math.sqrt(pivot * pivot + squares);
    const alpha = pivot > 0 ? -norm : norm;
    const head = pivot - alpha;
    // 2 / vᵀv for v = (head, own)
    const factor = -1 / (alpha * head);
    triangle[j * width + j] = alpha;
    for (let later = j + 1; later < width; later++) {
      const at = later * width + j;
      const scaled = factor * (head * triangle[at] + dot(own, block[later]));
      triangle[at] -= scaled * head;
      subtractMultiple(block[later], own, scaled);
    }
  }
}

/** Four running sums, because one would wait for itself. */
function dot(a: Float64Array, b: Float64Array): number {
  const whole = a.length - (a.length % 4);
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (let i = whole; i < a.length; i++) s0 += a[i] * b[i];
  return s0 + s1 + (s2 + s3);
}

function subtractMultiple(target: Float64Array, source: Float64Array, by: number): void {
  for (let i = 0; i < target.length; i++) target[i] -= by * source[i];
}
