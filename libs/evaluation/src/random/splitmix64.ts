/**
 * SplitMix64 (Steele, Lea, Flood 2014; Vigna's public-domain form): turns any 64-bit number into well mixed words. Used
 * only to seed, as Vigna advises for the xoshiro family, so that neighbouring seeds give unrelated sequences.
 */
const MASK = (1n << 64n) - 1n;

/** An endless sequence of 64-bit words from a 64-bit seed. */
export function* splitmix64(seed: bigint): Generator<bigint, never> {
  let state = seed & MASK;
  for (;;) {
    state = (state + 0x9e3779b97f4a7c15n) & MASK;
    let word = state;
    word = ((word ^ (word >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    word = ((word ^ (word >> 27n)) * 0x94d049bb133111ebn) & MASK;
    yield word ^ (word >> 31n);
  }
}
