import type { Fields, KubeObject, StoredObject } from './kube-object.js';

/** Names of fields in the core group's Event, and in that of `events.k8s.io` (`k/k:pkg/apis/events/v1/conversion.go`). */
const renamed: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];
const toGrouped = new Map(renamed.map(([core, grouped]) => [core, grouped]));
const toCore = new Map(renamed.map(([core, grouped]) => [grouped, core]));

const rename = (object: Fields, names: ReadonlyMap<string, string>): Fields =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value]));

/** An Event of the core group as `events.k8s.io` shows it. */
export const toGroupedEvent = (event: Fields | StoredObject): Fields => rename(event, toGrouped);

/** An Event of `events.k8s.io` as the core group shows it, which is how Events are stored. */
export const toCoreEvent = (event: KubeObject): KubeObject => rename(event, toCore) as KubeObject;
