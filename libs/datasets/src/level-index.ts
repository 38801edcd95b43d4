/** Finds the code of a level by its bytes, without making a text of every cell: a hash table over the levels' UTF-8 (FNV-1a, 32 bits). */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export class LevelIndex {
  private readonly levels: readonly Buffer[];
  private readonly codesOfHash = new Map<number, number[]>();

  /** @param levels each once; the code of a level is its place */
  constructor(levels: readonly string[]) {
    this.levels = levels.map((level) => Buffer.from(level, 'utf8'));
    this.levels.forEach((bytes, code) => {
      const hash = hashOf(bytes, 0, bytes.length);
      this.codesOfHash.set(hash, [...(this.codesOfHash.get(hash) ?? []), code]);
    });
  }

  /** The code of the level that is exactly `bytes[start, end)`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const codes = this.codesOfHash.get(hashOf(bytes, start, end));
    if (codes === undefined) return -1;
    for (const code of codes) {
      const level = this.levels[code];
      let same = 0;
      while (same < level.length && level[same] === bytes[start + same]) same++;
      if (same === level.length && same === end - start) return code;
    }
    return -1;
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], FNV_PRIME);
  return hash;
}
