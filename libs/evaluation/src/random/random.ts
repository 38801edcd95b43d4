/**
 * The one seeded generator of the platform: xoshiro128** (Blackman & Vigna 2018), 32-bit words, period 2^128 - 1, exact
 * in JavaScript's integer arithmetic and therefore equal on every machine. Its state comes from SplitMix64 over the seed
 * and the name of a stream, so that split, folds and bootstrap of one seed do not share numbers.
 * Not for secrets: who sees a few outputs can tell the rest.
 */
import { Fault } from '@salus/fault';
import { splitmix64 } from './splitmix64';

// looked up once: a global costs a microsecond per access where code runs in a vm context, as under Jest
const { imul, floor } = Math;

/** A source of random numbers that repeats itself from the same seed and stream. */
export interface Random {
  /** A uniform integer in 0 … 2^32 - 1. */
  uint32(): number;
  /** A uniform number in [0, 1) with 53 random bits. */
  unit(): number;
  /**
   * A uniform integer in 0 … bound - 1, without bias (rejection).
   * @param bound 1 … 2^32
   */
  below(bound: number): number;
}

/**
 * A generator for one purpose.
 * @param seed integer 0 … 2^32 - 1
 * @param stream name of the purpose, such as `split`; streams of one seed are unrelated
 * @throws Fault INVALID_PARAMETERS when the seed is not such an integer
 */
export function seededRandom(seed: number, stream = ''): Random {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new Fault('INVALID_PARAMETERS', `the seed is ${seed}; expected an integer from 0 to ${2 ** 32 - 1}`, { parameter: 'seed', received: seed });
  }
  const words = splitmix64((BigInt(seed) << 32n) | BigInt(fnv1a(stream)));
  const state = [words.next().value, words.next().value].flatMap((word) => [Number(word & 0xffffffffn), Number(word >> 32n)]);
  return xoshiro128(state as [number, number, number, number]);
}

/** xoshiro128** from its 128-bit state: four 32-bit words, not all 0. */
export function xoshiro128([a, b, c, d]: readonly [number, number, number, number]): Random {
  let [s0, s1, s2, s3] = [a | 0, b | 0, c | 0, d | 0];
  const uint32 = (): number => {
    const result = imul(rotateLeft(imul(s1, 5), 7), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = rotateLeft(s3, 11);
    return result;
  };
  return {
    uint32,
    unit: () => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) / 2 ** 53,
    below: (bound) => boundedBelow(uint32, bound),
  };
}

/**
 * The high word of word · bound (Lemire, "Fast random integer generation in an interval", 2019): products whose low word
 * falls below 2^32 mod bound are drawn again, so that every result is equally likely. Half-words keep the product exact.
 */
function boundedBelow(uint32: () => number, bound: number): number {
  if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
    throw new Fault('INVALID_PARAMETERS', `the bound is ${bound}; expected an integer from 1 to ${2 ** 32}`, { parameter: 'bound', received: bound });
  }
  let word = uint32();
  let low = imul(word, bound) >>> 0;
  if (low < bound) {
    const threshold = 2 ** 32 % bound;
    while (low < threshold) {
      word = uint32();
      low = imul(word, bound) >>> 0;
    }
  }
  return floor(((word >>> 16) * bound + floor(((word & 0xffff) * bound) / 2 ** 16)) / 2 ** 16);
}

/** Puts the values into a uniformly random order, in place (Fisher & Yates, Durstenfeld's form). */
export function shuffle<Values extends { [index: number]: unknown; readonly length: number }>(values: Values, random: Random): Values {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const held = values[i];
    values[i] = values[j];
    values[j] = held;
  }
  return values;
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** FNV-1a, 32 bits, over UTF-16 code units: a number for the name of a stream. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
