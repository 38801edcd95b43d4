/** The key-value store inside one process: the reference twin. */
import { KeyValue, requireBucket, requireKey, type KeyChange, type KeyValueStore } from './key-value';

class MemoryStore implements KeyValueStore {
  private readonly values = new Map<string, Uint8Array>();
  private readonly watchers = new Set<(change: KeyChange) => void>();

  async get(key: string): Promise<Uint8Array | undefined> {
    requireKey(key);
    return this.values.get(key)?.slice();
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    requireKey(key);
    this.values.set(key, value.slice());
    this.tell({ key, value: value.slice() });
  }

  async delete(key: string): Promise<void> {
    requireKey(key);
    if (this.values.delete(key)) this.tell({ key, value: undefined });
  }

  async keys(): Promise<string[]> {
    return [...this.values.keys()].sort();
  }

  async watch(onChange: (change: KeyChange) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const watcher = (change: KeyChange): void => void setImmediate(() => this.watchers.has(watcher) && onChange(change));
    this.watchers.add(watcher);
    signal.addEventListener('abort', () => this.watchers.delete(watcher), { once: true });
    for (const [key, value] of this.values) watcher({ key, value: value.slice() });
  }

  private tell(change: KeyChange): void {
    for (const watcher of this.watchers) watcher(change);
  }
}

export class MemoryKeyValue extends KeyValue {
  private readonly stores = new Map<string, KeyValueStore>();

  override open(bucket: string): KeyValueStore {
    requireBucket(bucket);
    const store = this.stores.get(bucket) ?? new MemoryStore();
    this.stores.set(bucket, store);
    return store;
  }
}
