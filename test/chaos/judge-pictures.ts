/** Holds what was recorded of each object against what the object itself showed, without any code of the service: an error of its reducer would be found here. */
import type { Json } from '../e2e/service.js';
import { watched, type WatchedResource } from './account.js';
import { firstListOf, gapsIn, type Observed } from './log.js';
import { differenceOf, pictureOfParts, withoutProbes, type Picture } from './picture.js';
import { developed, type Pictures, type Shot } from './pictures.js';
import type { Judgement } from './verdict.js';

export type PicturesCase = Readonly<{
  pictures: Pictures;
  observations: readonly Observed[];
  /** The resourceVersion up to which every watch had come. */
  until: number;
  /** What is accounted for; all that is watched unless told. */
  resources?: readonly WatchedResource[];
}>;

const resourceOf: Readonly<Record<string, WatchedResource>> = {
  PodObserved: 'pods',
  PodGone: 'pods',
  KubeEventObserved: 'events',
  NodeObserved: 'nodes',
  NamespaceObserved: 'namespaces',
};

export function judgePictures({ pictures, observations, until, resources = watched }: PicturesCase): Judgement {
  const album = new Album();
  let compared = 0;
  const wrong = observations.flatMap((observed) => {
    const resource = resourceOf[observed.type];
    if (!resource || !resources.includes(resource)) return [];
    const told = album.lay(resource, observed);
    const revision = Number(observed.body['resourceVersion'] ?? Number.NaN);
    // Of what was found missing there is no picture.
    const isEnd = observed.type === 'PodGone' || observed.body['gone'] === true;
    if (Number.isNaN(revision) || (isEnd && observed.body['via'] === 'relist')) return [];
    const uid = String(told['uid']);
    const at = `${resource} ${uid} at ${observed.position} (resourceVersion ${revision})`;
    const shot = pictures.find(resource, uid)?.find((one) => one.revision === revision);
    if (!shot) return [`${at}: no picture shows it`];
    compared += 1;
    const isAgain = album.isTicked(resource, uid, revision) && observed.body['via'] !== 'restated';
    album.tick(resource, uid, revision);
    if (isAgain) return [`${at}: is told twice`];
    return differenceOf(developed(shot), told).map((what) => `${at}: ${what}`);
  });
  const lost = resources.flatMap((resource) => {
    const span = { from: firstListOf(observations, resource), until };
    const gaps = gapsIn(observations).filter((gap) => gap.resource === resource);
    const isMissed = (revision: number) => gaps.some(({ from, to }) => from < revision && revision <= to);
    return pictures
      .of(resource)
      .flatMap((shots) => changes(resource, shots, span))
      .filter(({ uid, revision }) => !album.isTicked(resource, uid, revision) && !isMissed(revision))
      .map(
        ({ uid, type, revision }) =>
          `${resource} ${uid}: ${type} at resourceVersion ${revision} shows more than is told`,
      );
  });
  return { untruths: [...wrong, ...lost], compared: { pictures: compared } };
}

/** What was recorded, object by object. */
class Album {
  private readonly parts = new Map<string, Map<string, Json>>();
  private readonly ticked = new Set<string>();

  /** Lays the parts of an observation over those before. @returns what is told now */
  lay(resource: WatchedResource, { body, streamId }: Observed) {
    const event = body['event'] as Json;
    const key = `${resource} ${event?.uid ?? streamId}`;
    const parts = this.parts.get(key) ?? new Map<string, Json>();
    this.parts.set(key, parts);
    for (const [name, part] of Object.entries((body['parts'] as Json) ?? {})) {
      if (part === null) parts.delete(name);
      else parts.set(name, part);
    }
    if (event) parts.set('event', event);
    return pictureOfParts(resource, parts);
  }

  tick(resource: WatchedResource, uid: string, revision: number): void {
    this.ticked.add(`${resource} ${uid} ${revision}`);
  }

  isTicked(resource: WatchedResource, uid: string, revision: number): boolean {
    return this.ticked.has(`${resource} ${uid} ${revision}`);
  }
}

type Span = Readonly<{ from: number; until: number }>;
type Changed = Readonly<{ uid: string; type: Shot['type']; revision: number }>;

/** The writes after which an object showed something else than before, probes left aside; an Event that expires says nothing. */
function changes(resource: WatchedResource, shots: readonly Shot[], { from, until }: Span): Changed[] {
  let before: Picture | undefined;
  return shots.flatMap((shot) => {
    const { type, revision } = shot;
    const picture = developed(shot);
    const now = withoutProbes(picture);
    // By name: the same conditions in another order are no news.
    const isOther = before === undefined || differenceOf(before, now).length > 0;
    const isNews = type === 'DELETED' ? resource !== 'events' : isOther;
    before = now;
    return isNews && from < revision && revision <= until ? [{ uid: String(picture['uid']), type, revision }] : [];
  });
}
