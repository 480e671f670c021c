/** The cluster's account in pictures: what every write showed, read from the objects themselves. */
import type { Noted, WatchedResource, Write } from './account.js';
import { pictureOf, type Picture } from './picture.js';

/** One write, and what the object showed after it. */
export type Shot = Readonly<{ revision: number; type: Write['type']; text: string }>;

export class Pictures {
  private readonly byObject = new Map<string, Shot[]>();

  /** Takes a write down. Of Events only those about pods are watched. */
  note({ resource, type, object }: Pick<Noted, 'resource' | 'type' | 'object'>): void {
    const picture = pictureOf(resource, object);
    const { involvedObject } = object as Readonly<{ involvedObject?: Readonly<{ kind?: string }> }>;
    if (resource === 'events' && involvedObject?.kind !== 'Pod') return;
    const key = keyOf(resource, String(picture['uid']));
    const shots = this.byObject.get(key) ?? [];
    this.byObject.set(key, shots);
    shots.push({ revision: Number(object.metadata.resourceVersion), type, text: JSON.stringify(picture) });
  }

  /** All objects of a kind, each with what it showed, in its order. */
  of(resource: WatchedResource): readonly (readonly Shot[])[] {
    return [...this.byObject].filter(([key]) => key.startsWith(`${resource} `)).map(([, shots]) => shots);
  }

  /** What an object showed, in its order. */
  find(resource: WatchedResource, uid: string): readonly Shot[] | undefined {
    return this.byObject.get(keyOf(resource, uid));
  }
}

/** What a text of a shot says. */
export const developed = ({ text }: Shot): Picture => JSON.parse(text) as Picture;

/** However a uid is spelled: those of static pods have no dashes. */
const keyOf = (resource: WatchedResource, uid: string): string =>
  `${resource} ${uid.replaceAll('-', '').toLowerCase()}`;
