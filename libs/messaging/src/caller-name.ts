import type { Caller } from './caller';

/** One text for one caller, for catalogs and idempotency: `<account>/<user>`, or `internal`. */
export function callerName(caller: Caller): string {
  return caller.kind === 'internal' ? 'internal' : `${caller.account}/${caller.user}`;
}
