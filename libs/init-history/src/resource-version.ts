/** Order of resourceVersions of one resource, within one watch epoch (semantics 6.4, KEP-5504). */

const decimal = /^(0|[1-9]\d*)$/;

/** True when both are decimal and the first is not after the second. Of what cannot be compared nothing is said. */
export function notAfter(one: string | null, other: string | null): boolean {
  if (one === null || other === null || !decimal.test(one) || !decimal.test(other)) return false;
  return one.length === other.length ? one <= other : one.length < other.length;
}
