/**
 * What every implementation of events, wake-ups and buckets must do, as cases that run over each twin. A case throws when
 * it does not hold.
 */
import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineEvent } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { z } from 'zod';
import type { Events } from './events';
import type { KeyChange, KeyValue, KeyValueStore } from './key-value';
import type { WakeBell } from './wake-bell';

export interface ConformanceCase<Port> {
  /** A fact, such as `gives back what was put`. */
  readonly name: string;
  run(port: Port): Promise<void>;
}

const LONGEST_WAIT_MS = 10_000;
const PAUSE_MS = 10;
let buckets = 0;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (value: Uint8Array | undefined): string | undefined => (value === undefined ? undefined : Buffer.from(value).toString('utf8'));

/** Waits until something holds; fails after ten seconds. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + LONGEST_WAIT_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < endsAt, `${what} did not come true`);
    await sleep(PAUSE_MS);
  }
}

const isFault = (code: string) => (error: unknown): boolean => Fault.is(error) && error.code === code;

const newStore = (port: KeyValue): KeyValueStore => port.open(`case-${process.pid}-${(buckets += 1)}`);

/** Watches a store; `seen` is what it told, as `key=value` or `key deleted`. */
async function watching(store: KeyValueStore): Promise<{ seen: string[]; stop(): void }> {
  const seen: string[] = [];
  const abort = new AbortController();
  await store.watch((change: KeyChange) => void seen.push(change.value === undefined ? `${change.key} deleted` : `${change.key}=${textOf(change.value)}`), abort.signal);
  return { seen, stop: () => abort.abort() };
}

export const keyValueCases: readonly ConformanceCase<KeyValue>[] = [
  {
    name: 'gives back what was put, also no bytes at all, and undefined for what is not there',
    async run(port) {
      const store = newStore(port);
      assert.equal(await store.get('a'), undefined);
      await store.put('a', bytesOf('one'));
      await store.put('b', new Uint8Array(0));
      assert.equal(textOf(await store.get('a')), 'one');
      assert.equal((await store.get('b'))?.length, 0);
      await store.put('a', bytesOf('two'));
      assert.equal(textOf(await store.get('a')), 'two');
    },
  },
  {
    name: 'keeps its own copy of what was put',
    async run(port) {
      const store = newStore(port);
      const value = bytesOf('one');
      await store.put('a', value);
      value[0] = 0;
      assert.equal(textOf(await store.get('a')), 'one');
    },
  },
  {
    name: 'lists its keys in order, without deleted ones',
    async run(port) {
      const store = newStore(port);
      assert.deepEqual(await store.keys(), []);
      for (const key of ['b.c', 'a/x', 'c=1', 'B']) await store.put(key, bytesOf(key));
      await store.delete('c=1');
      assert.deepEqual(await store.keys(), ['B', 'a/x', 'b.c']);
    },
  },
  {
    name: 'deletes, and takes a deletion of what is not there',
    async run(port) {
      const store = newStore(port);
      await store.delete('never');
      await store.put('a', bytesOf('one'));
      await store.delete('a');
      await store.delete('a');
      assert.equal(await store.get('a'), undefined);
      await store.put('a', bytesOf('again'));
      assert.equal(textOf(await store.get('a')), 'again');
    },
  },
  {
    name: 'refuses keys and buckets outside their alphabet',
    async run(port) {
      const store = newStore(port);
      for (const key of ['', '.a', 'a.', 'a..b', 'a b', 'ä', '*', '>', 'x'.repeat(257)]) await assert.rejects(store.put(key, bytesOf('x')), isFault('INVALID_PARAMETERS'), key);
      for (const bucket of ['', 'a.b', 'a b', 'x'.repeat(65)]) assert.throws(() => port.open(bucket), isFault('INVALID_PARAMETERS'), bucket);
    },
  },
  {
    name: 'tells a watcher what stands and what changes, and nothing twice',
    async run(port) {
      const store = newStore(port);
      await store.put('a', bytesOf('1'));
      const { seen, stop } = await watching(store);
      await until('the first value', () => seen.includes('a=1'));
      await store.put('b', bytesOf('2'));
      await until('the second value', () => seen.includes('b=2'));
      await store.delete('a');
      await until('the deletion', () => seen.includes('a deleted'));
      await store.put('a', bytesOf('3'));
      await until('the third value', () => seen.includes('a=3'));
      assert.deepEqual(seen, ['a=1', 'b=2', 'a deleted', 'a=3']);
      stop();
    },
  },
  {
    name: 'tells a watcher of a bucket that does not exist yet, and nothing after its end',
    async run(port) {
      const store = newStore(port);
      const first = await watching(store);
      const second = await watching(store);
      await store.put('a', bytesOf('1'));
      await until('the value', () => first.seen.length === 1 && second.seen.length === 1);
      first.stop();
      await store.put('a', bytesOf('2'));
      await until('the next value', () => second.seen.length === 2);
      assert.deepEqual([first.seen, second.seen], [['a=1'], ['a=1', 'a=2']]);
      second.stop();
    },
  },
];

const happened = defineEvent({
  subject: 'event.diagnosis.v1.case-happened', summary: 'For the cases of the port.', payload: z.strictObject({ count: z.number(), note: z.string().default('none') }), example: { count: 1 },
});

export const eventCases: readonly ConformanceCase<Events>[] = [
  {
    name: 'tells every listener in order, with defaults filled in',
    async run(port) {
      const heard: unknown[][] = [[], []];
      const ends = heard.map((list) => port.subscribe(happened, (payload) => void list.push(payload)));
      for (const count of [1, 2, 3]) port.publish(happened, { count });
      await until('three events for each', () => heard.every((list) => list.length === 3));
      const expected = [1, 2, 3].map((count) => ({ count, note: 'none' }));
      assert.deepEqual(heard, [expected, expected]);
      ends.forEach((end) => end());
    },
  },
  {
    name: 'tells nothing to a listener that ended',
    async run(port) {
      const heard: number[] = [];
      const others: number[] = [];
      const end = port.subscribe(happened, ({ count }) => void heard.push(count));
      const endOther = port.subscribe(happened, ({ count }) => void others.push(count));
      port.publish(happened, { count: 1 });
      await until('the first event', () => heard.length === 1 && others.length === 1);
      end();
      port.publish(happened, { count: 2 });
      await until('the second event', () => others.length === 2);
      assert.deepEqual(heard, [1]);
      endOther();
    },
  },
  {
    name: 'refuses a payload that does not fit or would lose a number, and tells it to nobody',
    async run(port) {
      const heard: number[] = [];
      const end = port.subscribe(happened, ({ count }) => void heard.push(count));
      assert.throws(() => port.publish(happened, { count: 'x' } as never), isFault('INVALID_REQUEST'));
      assert.throws(() => port.publish(happened, { count: Number.NaN }), isFault('INTERNAL'));
      port.publish(happened, { count: 7 });
      await until('the good event', () => heard.length > 0);
      assert.deepEqual(heard, [7]);
      end();
    },
  },
];

export const wakeBellCases: readonly ConformanceCase<WakeBell>[] = [
  {
    name: 'wakes every listener of a service and none of another',
    async run(port) {
      const rings = { first: 0, second: 0, other: 0 };
      const ends = [port.onRing('case', () => void (rings.first += 1)), port.onRing('case', () => void (rings.second += 1)), port.onRing('other', () => void (rings.other += 1))];
      port.ring('case');
      await until('the ring', () => rings.first === 1 && rings.second === 1);
      ends[0]();
      port.ring('case');
      await until('the second ring', () => rings.second === 2);
      assert.deepEqual(rings, { first: 1, second: 2, other: 0 });
      ends.forEach((end) => end());
    },
  },
];
