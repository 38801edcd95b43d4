/**
 * A small store of bytes under keys that others can follow. It is a projection: what stands in it can be written again from
 * PostgreSQL, and after a wipe it is. Absence is therefore no news to a watcher: it hears changes and explicit deletions,
 * and a store that vanished or came back empty tells it nothing.
 */
import { Fault } from '@salus/fault';

/** What a watcher hears. */
export type KeyChange = { readonly key: string; readonly value: Uint8Array } | { readonly key: string; readonly value: undefined };

/** One bucket. Keys: 1 to 256 of `A-Z a-z 0-9 - _ . = /`, no dot at the ends or doubled. Every method may throw Fault UNAVAILABLE. */
export interface KeyValueStore {
  /** The value, or undefined when there is none. */
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, value: Uint8Array): Promise<void>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  /** Every key, ordered. */
  keys(): Promise<string[]>;
  /**
   * Calls back with everything that stands in the store and with every change after that, until the signal aborts.
   * Ends (resolves) when it is set up; outages later are mended and never end it.
   */
  watch(onChange: (change: KeyChange) => void, signal: AbortSignal): Promise<void>;
}

/** Opens buckets by name (letters, digits, `-` and `_`). */
export abstract class KeyValue {
  abstract open(bucket: string): KeyValueStore;
}

const KEY = /^[-/_=A-Za-z0-9]+(\.[-/_=A-Za-z0-9]+)*$/;
const MAX_KEY_LENGTH = 256;

/** @throws Fault INVALID_PARAMETERS */
export function requireKey(key: string): void {
  if (key.length > MAX_KEY_LENGTH || !KEY.test(key)) throw new Fault('INVALID_PARAMETERS', 'a key has 1 to 256 of A-Z a-z 0-9 - _ . = / and no dot at its ends', { expected: String(KEY) });
}

/** @throws Fault INVALID_PARAMETERS */
export function requireBucket(bucket: string): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(bucket)) throw new Fault('INVALID_PARAMETERS', 'a bucket has a name of 1 to 64 letters, digits, - and _', { bucket });
}
