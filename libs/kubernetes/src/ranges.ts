const offsetBasis = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
const mask = 0xffff_ffff_ffff_ffffn;

/** One more than the highest hash. */
const end = 1n << 64n;

/** The hash by which an API server divides (KEP-5866): FNV-1a of 64 bits over the UTF-8 of a name. */
export function shardHash(name: string): bigint {
  let sum = offsetBasis;
  for (const byte of Buffer.from(name)) sum = ((sum ^ BigInt(byte)) * prime) & mask;
  return sum;
}

/**
 * Of how many ranges a slice consists: enough for names that come later to be spread, few enough for their selector (1.7 kB) to fit
 * into a request line everywhere, and for the server to compare each object with.
 */
const rangesEach = 16;

/**
 * Where the hashes are cut into ranges, ascending, so that dealing these to `of` slices in turn divides the names that are known
 * evenly. Equal ranges would not: names that differ in their last two characters have neighbouring hashes, so that all of team-00 to
 * team-99 lie in one of a thousand. As many names as there are ranges are made up, evenly spaced: those to come count as well.
 */
export function cutRanges(names: readonly string[], of: number): readonly bigint[] {
  const ranges = BigInt(of * rangesEach);
  const madeUp = Array.from({ length: of * rangesEach }, (_, nth) => ((2n * BigInt(nth) + 1n) * end) / (2n * ranges));
  const hashes = [...new Set([...names.map(shardHash), ...madeUp])].toSorted((a, b) => (a < b ? -1 : 1));
  return Array.from({ length: of * rangesEach - 1 }, (_, nth) => {
    const first = Math.floor(((nth + 1) * hashes.length) / (of * rangesEach));
    return ((hashes[first - 1] as bigint) + (hashes[first] as bigint)) / 2n + 1n;
  });
}

/** Which range a hash is in, from 0: how many cuts are at or below it. */
export function rangeOf(hash: bigint, cuts: readonly bigint[]): number {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cuts[middle] as bigint) <= hash) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The ranges of one slice in the server's words, exactly as it says them back. */
export function rangesText(cuts: readonly bigint[], { nth, of }: Readonly<{ nth: number; of: number }>): string {
  const bounds = [0n, ...cuts, end];
  return bounds
    .slice(0, -1)
    .map((from, range) => ({ from, to: bounds[range + 1] as bigint, range }))
    .filter(({ range }) => range % of === nth)
    .map(({ from, to }) => `shardRange(object.metadata.namespace, '${hex(from)}', '${hex(to)}')`)
    .join(' || ');
}

/** Everything, as one range: what a server that divides answers says whether it does. */
export const wholeRange = rangesText([], { nth: 0, of: 1 });

function hex(bound: bigint): string {
  return `0x${bound.toString(16).padStart(16, '0')}`;
}
