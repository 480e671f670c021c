const decimal = /^(0|[1-9][0-9]*)$/;

/**
 * Compares two resourceVersions of one resource of one server: negative, zero or positive; undefined where the order cannot be told,
 * because one of them is no decimal. Decimals are compared by length and then as text (KEP-5504): they outgrow JavaScript's numbers.
 */
export function compareResourceVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (!decimal.test(a) || !decimal.test(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}
