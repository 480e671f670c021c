/** What an object shows, by name: read from the object itself, and from the parts that were recorded of it. No code of the service is in between. */
import type { Json } from '../e2e/service.js';
import type { WatchedResource } from './account.js';

/** What is shown, each by its name. */
export type Picture = Readonly<Record<string, Json>>;

/** The parts that were recorded of an object, laid over one another. */
export type PartsByName = ReadonlyMap<string, Json>;

/** The annotation of a mirror pod that names its static pod. */
const mirrorOf = 'kubernetes.io/config.mirror';

/** The picture of an object as the API server sends it. */
export function pictureOf(resource: WatchedResource, object: Json): Picture {
  const { metadata = {} } = object;
  const identity = { uid: metadata.uid, name: metadata.name, namespace: metadata.namespace ?? null };
  switch (resource) {
    case 'pods':
      return { ...identity, ...podShows(object) };
    case 'events':
      return { ...identity, ...eventShows(object) };
    case 'nodes':
      return { ...identity, ...nodeShows(object) };
    case 'namespaces':
      return { ...identity, deletion: metadata.deletionTimestamp ?? null };
  }
}

/** The picture of an object of which these parts were recorded. */
export function pictureOfParts(resource: WatchedResource, parts: PartsByName): Picture {
  if (resource === 'events') {
    const event = parts.get('event') ?? {};
    return pictureOf(resource, { ...event, metadata: event });
  }
  const named = (prefix: string): Json[] =>
    [...parts].filter(([name]) => name.startsWith(prefix)).map(([, part]) => part);
  return pictureOf(resource, {
    metadata: { ...parts.get('metadata'), ...parts.get('deletion') },
    spec: parts.get('spec'),
    status: {
      ...parts.get('status'),
      nodeInfo: parts.get('nodeInfo'),
      conditions: named('condition.'),
      initContainerStatuses: named('status.initContainer.'),
      containerStatuses: named('status.container.'),
    },
  });
}

/** What a probe alone changes is left out. */
export function withoutProbes(picture: Picture): Picture {
  const kept = Object.entries(picture).filter(([name]) => !/^condition\.(Containers)?Ready$/.test(name));
  return Object.fromEntries(
    kept.map(([name, shown]) => [name, /^(init)?container\./i.test(name) ? { ...shown, ready: null } : shown]),
  );
}

/** The names of what is shown otherwise, with both. */
export function differenceOf(truth: Picture, told: Picture): string[] {
  return [...new Set([...Object.keys(truth), ...Object.keys(told)])].flatMap((name) => {
    const [is, said] = [truth, told].map((picture) => JSON.stringify(picture[name]) ?? 'nothing');
    return is === said ? [] : [`${name} is ${is}, told as ${said}`];
  });
}

function podShows({ metadata, spec = {}, status = {} }: Json): Picture {
  const { initContainerStatuses = [], containerStatuses = [], conditions = [] } = status;
  return {
    created: metadata.creationTimestamp ?? null,
    mirrorOf: metadata.annotations?.[mirrorOf] ?? null,
    deletion: [metadata.deletionTimestamp ?? null, metadata.deletionGracePeriodSeconds ?? null],
    node: spec.nodeName ?? null,
    phase: status.phase ?? null,
    reason: status.reason ?? null,
    startTime: status.startTime ?? null,
    ...conditionsShow(conditions),
    ...byName('initContainer', initContainerStatuses),
    ...byName('container', containerStatuses),
  };
}

const conditionsShow = (conditions: readonly Json[]): Picture =>
  Object.fromEntries(
    conditions.map(({ type, status, reason = null, lastTransitionTime = null }) => [
      `condition.${type}`,
      { status, reason, lastTransitionTime },
    ]),
  );

const byName = (kind: string, statuses: readonly Json[]): Picture =>
  Object.fromEntries(statuses.map((status) => [`${kind}.${status.name}`, containerShows(status)]));

function containerShows({ containerID, restartCount, image, started, ready, state, lastState }: Json): Json {
  return {
    id: containerID ?? null,
    restarts: restartCount,
    image,
    started: started ?? null,
    ready,
    state: stateShows(state),
    lastState: stateShows(lastState),
  };
}

function stateShows({ waiting, running, terminated }: Json = {}): Json {
  if (waiting) return { waiting: waiting.reason ?? null };
  if (running) return { running: running.startedAt ?? null };
  if (!terminated) return null;
  const {
    exitCode,
    signal = null,
    reason = null,
    startedAt = null,
    finishedAt = null,
    containerID = null,
  } = terminated;
  return { exitCode, signal, reason, startedAt, finishedAt, containerID };
}

function eventShows({
  involvedObject = {},
  reason,
  type,
  count,
  series,
  firstTimestamp,
  lastTimestamp,
}: Json): Picture {
  return {
    about: involvedObject.uid ?? null,
    reason: reason ?? null,
    type: type ?? null,
    count: series?.count ?? count ?? null,
    first: firstTimestamp ?? null,
    last: series?.lastObservedTime ?? lastTimestamp ?? null,
  };
}

function nodeShows({ spec = {}, status = {} }: Json): Picture {
  const { bootID = null, kubeletVersion = null } = status.nodeInfo ?? {};
  return {
    bootID,
    kubeletVersion,
    unschedulable: spec.unschedulable ?? false,
    ...conditionsShow(status.conditions ?? []),
  };
}
