/**
 * Rings for the workers of a service when there is work (`wake.<service>`). A ring carries nothing and may be lost:
 * workers look by themselves every few seconds, so a lost ring costs one poll.
 */
import type { NatsLink } from './nats-link';

/** Rings and hears rings; every instance hears each. */
export abstract class WakeBell {
  abstract ring(service: string): void;
  /** Returns what ends the listening. */
  abstract onRing(service: string, listener: () => void): () => void;
}

export class NatsWakeBell extends WakeBell {
  constructor(private readonly link: NatsLink) {
    super();
  }

  override ring(service: string): void {
    this.link.publish(`wake.${service}`, new Uint8Array(0));
  }

  override onRing(service: string, listener: () => void): () => void {
    const subscription = this.link.subscribe(`wake.${service}`, () => listener());
    return () => subscription.end();
  }
}

/** The twin inside one process. */
export class MemoryWakeBell extends WakeBell {
  private readonly listeners = new Map<string, Set<() => void>>();

  override ring(service: string): void {
    for (const listener of this.listeners.get(service) ?? []) setImmediate(() => this.listeners.get(service)?.has(listener) && listener());
  }

  override onRing(service: string, listener: () => void): () => void {
    const own = (): void => listener();
    const listeners = this.listeners.get(service) ?? new Set();
    this.listeners.set(service, listeners.add(own));
    return () => void listeners.delete(own);
  }
}
