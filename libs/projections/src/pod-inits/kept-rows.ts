/**
 * Rows as a batch keeps them until they are written: with their documents as text. Of hundreds of accounts of pods all that is needed is what they come
 * to, and the garbage collector has less to carry along.
 */
import { MadeJson } from '#libs/platform';

/** A row of which the document may be text. */
export type Kept<Row extends Readonly<{ doc: object }>> = Omit<Row, 'doc'> & Readonly<{ doc: object }>;

/** The JSON of a row's document, where its digest was made of the same. */
const made = Symbol('JSON of the document');

/** The row, with the JSON of its document beside it. */
export const withMade = <Row extends object>(row: Row, json: string): Row => ({ ...row, [made]: json });

/** The row as it is kept. */
export function kept<Row extends Readonly<{ doc: object; [made]?: string }>>(row: Row): Row {
  return { ...row, doc: new MadeJson(row[made] ?? JSON.stringify(row.doc)) };
}
