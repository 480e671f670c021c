/** What the frames and lists of a recording told. */
import type { Line } from '../../../../test/recordings/reader.js';
import type { RawPod } from './parts-of.js';

type Meta = Readonly<{ resourceVersion: string; uid: string; name: string }>;

/** An object as a frame or a list told it. */
export type Told = Readonly<{ type: string; object: RawPod }>;

/** Name, uid and version of an object. */
export const metaOf = (object: RawPod): Meta => object['metadata'] as Meta;

/** The objects of a line, without bookmarks and errors. */
export function objectsOf(line: Line): readonly Told[] {
  if ('closed' in line) return [];
  const told =
    'list' in line
      ? ((JSON.parse(line.list) as { items?: RawPod[] }).items ?? []).map((object) => ({ type: 'LISTED', object }))
      : [JSON.parse(line.frame) as Told];
  return told.filter(({ type }) => type !== 'BOOKMARK' && type !== 'ERROR');
}
