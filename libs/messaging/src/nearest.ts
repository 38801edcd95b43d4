/** Names that are close to one that is not known, for a helpful refusal: by Levenshtein distance. */

const MAX_LENGTH = 64;
const MAX_NAMES = 3;

/** Number of single-character edits between two texts. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row.push(Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    previous = row;
  }
  return previous[b.length];
}

/** Up to three of the known names, the closest first; names further away than half of their length are left out. */
export function nearest(name: string, known: readonly string[]): string[] {
  const wanted = name.slice(0, MAX_LENGTH);
  return known
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate) }))
    .filter(({ candidate, distance }) => distance <= candidate.length / 2)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MAX_NAMES)
    .map(({ candidate }) => candidate);
}
