/** Fields of a stored object, read as the kinds they should be; what is of another kind is passed over. */

/** An object of which nothing is assumed. */
export type Bag = Readonly<Record<string, unknown>>;

/** Is it an object, and no list? */
export const isBag = (value: unknown): value is Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A part, or a field of one, as the object it should be; empty for anything else. */
export const bag = (value: unknown): Bag => (isBag(value) ? value : {});

type Kind = 'string' | 'number' | 'boolean';
type Shape = Readonly<Record<string, Kind>>;
type Fields<S extends Shape> = Readonly<{
  [Field in keyof S]?: S[Field] extends 'string' ? string : S[Field] extends 'number' ? number : boolean;
}>;

const kindOf = (value: unknown): string => typeof value;

/** The fields that have the kind they should have. What else a store holds under their names is passed over. */
export function fields<S extends Shape>(value: unknown, shape: S): Fields<S> {
  const source = bag(value);
  const result: Record<string, unknown> = {};
  for (const [field, kind] of Object.entries(shape)) {
    if (kindOf(source[field]) === kind) result[field] = source[field];
  }
  return result as Fields<S>;
}

/** The entries that are text. */
export function texts(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(bag(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(entries);
}

/** The items of a list; none of what is no list. */
export const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
