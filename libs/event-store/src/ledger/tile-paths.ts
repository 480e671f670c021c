/** What a path below a log's prefix asks for, as C2SP tlog-tiles names it: hashes of a level, or entries. */
export type TilePath = Readonly<{ level: number | 'entries'; index: number; width: number }>;

const full = 256;

/** Reads `<L>/<N>[.p/<W>]`; undefined for what is no such path. */
export function parseTilePath(path: string): TilePath | undefined {
  const [, level = '', digits = '', width] =
    /^(entries|0|[1-9]|[1-5]\d|6[0-3])\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/u.exec(path) ?? [];
  const index = Number(digits.replaceAll(/[x/]/gu, ''));
  const wide = width === undefined ? full : Number(width);
  const isCanonical = digits === '' || tileIndex(index) === digits;
  if (level === '' || !isCanonical || !Number.isSafeInteger(index) || (width !== undefined && wide >= full))
    return undefined;
  return { level: level === 'entries' ? 'entries' : Number(level), index, width: wide };
}

/** An index in groups of three digits, all but the last behind an `x`: 1234067 is `x001/x234/067`. */
export function tileIndex(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/gu) ?? [];
  return groups.map((group, nth) => (nth === groups.length - 1 ? group : `x${group}`)).join('/');
}
