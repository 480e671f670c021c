/** A piece of SQL with its values: what `sql` makes, and what may be put into another `sql`. */
export type Sql = Readonly<{ strings: readonly string[]; values: readonly unknown[] }>;

const isSql = (value: unknown): value is Sql =>
  typeof value === 'object' && value !== null && 'strings' in value && 'values' in value;

/** SQL in which every `${value}` is a parameter and every `${sql}` is spliced in. Text of a caller never becomes SQL. */
export function sql(strings: TemplateStringsArray, ...values: readonly unknown[]): Sql {
  const texts: string[] = [strings[0] ?? ''];
  const parameters: unknown[] = [];
  for (const [index, value] of values.entries()) {
    const after = strings[index + 1] ?? '';
    if (isSql(value)) {
      texts[texts.length - 1] += value.strings[0] ?? '';
      texts.push(...value.strings.slice(1));
      parameters.push(...value.values);
      texts[texts.length - 1] += after;
    } else {
      parameters.push(value);
      texts.push(after);
    }
  }
  return { strings: texts, values: parameters };
}

/** Pieces joined by a fixed word of ours, such as AND. */
export function joined(pieces: readonly Sql[], separator: ' AND ' | ' OR ' | ', ' | ' UNION ALL ' | ' '): Sql {
  const [first, ...rest] = pieces;
  const between: Sql = { strings: [separator], values: [] };
  return rest.reduce((all, piece) => sql`${all}${between}${piece}`, first ?? { strings: [''], values: [] });
}

/** A word of ours (a column, a direction) as SQL. Never give it anything a caller wrote. */
export const word = (text: string): Sql => ({ strings: [text], values: [] });

/** The statement as the driver wants it, with $1, $2, … */
export const toQuery = (statement: Sql): { text: string; values: unknown[] } => ({
  text: statement.strings.reduce((text, part, index) => `${text}$${index}${part}`),
  values: [...statement.values],
});
