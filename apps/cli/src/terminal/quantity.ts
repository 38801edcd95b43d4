/** Numbers, sizes, times and digests as a person reads them. Programs use --json, which rounds nothing. */

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A number with up to `digits` significant digits and no superfluous zeros. */
export function numberText(value: number, digits = 6): string {
  return String(Number(value.toPrecision(digits)));
}

/** A bound of an interval; null is no bound. */
export function boundText(value: number | null, side: 'lower' | 'upper'): string {
  if (value === null) return side === 'lower' ? '−∞' : '∞';
  return numberText(value);
}

/** A number that always shows its sign. */
export function signedText(value: number, digits = 6): string {
  return value < 0 ? `−${numberText(-value, digits)}` : `+${numberText(value, digits)}`;
}

/** A share such as 0.9 as `90 %`. */
export function percentText(share: number): string {
  return `${numberText(100 * share, 4)} %`;
}

/** A size in bytes with a binary unit. */
export function bytesText(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(BINARY_UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${numberText(bytes / 1024 ** step, 3)} ${BINARY_UNITS[step]}`;
}

/** A time span given in milliseconds. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}

/** An RFC 3339 time without its fraction, in UTC. */
export function timeText(instant: string | null): string {
  return instant === null ? '' : instant.replace('T', ' ').replace(/\.\d+/, '');
}

/** The beginning of a digest: enough to name it in `--dataset`. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
