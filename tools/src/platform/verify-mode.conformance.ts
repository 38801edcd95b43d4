/** How long the suites of this folder run, and from which seed: the short form belongs to `npm test`, the long one to `npm run verify`. */

const DEFAULT_SEED = 20_260_101;

/** Whether this is the long form (SALUS_VERIFY=1). */
export const isLongForm = process.env.SALUS_VERIFY === '1';

/** The seed of everything random in the suites (SALUS_SEED). */
export const seed = Number(process.env.SALUS_SEED ?? DEFAULT_SEED) >>> 0;

/** One of two, by the form that runs. */
export function byForm<T>(short: T, long: T): T {
  return isLongForm ? long : short;
}
