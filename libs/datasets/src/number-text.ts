/**
 * Reads a decimal number from bytes without making a text of it. A number of at most 15 digits whose power of ten is at most 22
 * is one multiplication or division of two exact doubles and so correctly rounded (W. D. Clinger, "How to read floating point
 * numbers accurately", PLDI 1990); all others go through `Number`, which rounds correctly too.
 */

const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const MAX_EXACT_DIGITS = 15;
const ZERO = 48;
const NINE = 57;
const POINT = 46;
const PLUS = 43;
const MINUS = 45;
const UPPER_E = 69;
const LOWER_E = 101;

/**
 * The double nearest to the decimal number in `bytes[start, end)`.
 *
 * @returns NaN unless the range holds exactly `[+-] digits [. digits] [e [+-] digits]` (digits on one side of the point suffice);
 *   ±Infinity when the number is too large for a double
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  let mantissa = 0;
  let digits = 0;
  let scale = 0;
  let significant = 0;
  let beforePoint = true;
  for (; at < end; at++) {
    const byte = bytes[at];
    if (byte >= ZERO && byte <= NINE) {
      digits++;
      if (!beforePoint) scale--;
      if (significant > 0 || byte !== ZERO) significant++;
      if (significant <= MAX_EXACT_DIGITS) mantissa = mantissa * 10 + (byte - ZERO);
    } else if (byte === POINT && beforePoint) beforePoint = false;
    else break;
  }
  if (digits === 0) return NaN;
  if (at < end) {
    const exponent = parseExponent(bytes, at, end);
    if (Number.isNaN(exponent)) return NaN;
    scale += exponent;
  }
  if (significant > MAX_EXACT_DIGITS || scale > 22 || scale < -22) return Number(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
  const magnitude = scale < 0 ? mantissa / POWERS_OF_TEN[-scale] : mantissa * POWERS_OF_TEN[scale];
  return negative ? -magnitude : magnitude;
}

/** The exponent in `bytes[start, end)`, which begins with e; NaN when it is none. */
function parseExponent(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== UPPER_E && bytes[start] !== LOWER_E) return NaN;
  let at = start + 1;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  if (at >= end) return NaN;
  let exponent = 0;
  for (; at < end; at++) {
    if (bytes[at] < ZERO || bytes[at] > NINE) return NaN;
    exponent = Math.min(exponent * 10 + (bytes[at] - ZERO), 100_000);
  }
  return negative ? -exponent : exponent;
}
