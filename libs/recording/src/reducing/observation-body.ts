import { schemaVersions } from '#libs/init-history';
import type {
  HistoryForked,
  InitLogCaptured,
  ObservationGap,
  ObservationType,
  PodGone,
  ReducerChanged,
  Via,
  WatchOpened,
  Write,
} from '#libs/init-history';
import { canonical, quoted } from './canonical.js';
import { observationId, subjectStream, watchStream } from './identity.js';
import type { Change } from './known.js';
import { REDUCER, type Reduced, type ReducedEvent } from './reduced.js';

/** An observation ready to be appended: the body is the JSON text that is hashed and stored. */
export type Draft = Readonly<{
  streamId: string;
  eventId: string;
  type: ObservationType;
  schemaVersion: number;
  body: string;
}>;

/** Where and when something was seen. */
export type Source = Readonly<{
  shardId: number;
  watchEpoch: number;
  via: Via;
  /** The recorder's clock, RFC 3339 with milliseconds. */
  receivedAt: string;
}>;

/** Of whom, and at which resourceVersion. */
export type Subject = Pick<Reduced, 'uid' | 'resourceVersion'>;

/** What says how a pod went. A missing pod has the resourceVersion of the list that lacked it in `listResourceVersion`. */
export type Going = Pick<PodGone, 'how' | 'between'> & Readonly<{ listResourceVersion: string | null }>;

/** @param coalesced changes of probes that were held and that this observation stands for besides its own */
export function podObserved(source: Source, subject: Subject, change: Change, coalesced = 0): Draft {
  const more = coalesced > 0 ? [['coalesced', String(coalesced)] as const] : [];
  return ofSubject('PodObserved', source, subject, { change, more });
}

/** A pod is no more: by a DELETED frame, or by its absence from a complete list. */
export function podGone(source: Source, subject: Subject, change: Change, going: Going): Draft {
  const { how, between, listResourceVersion } = going;
  const last =
    how === 'deleted' ? subject : { uid: subject.uid, resourceVersion: null, cause: `missing|${listResourceVersion}` };
  const more = [['how', quoted(how)] as const, ['between', canonical(between) ?? 'null'] as const];
  return ofSubject('PodGone', source, last, { change, more });
}

/** An Event about a pod: added, or grown. Its stream is the pod's, its identity the Event's own. */
export function kubeEventObserved(source: Source, event: ReducedEvent, change: Change): Draft {
  const text = event.parts.get('event') ?? '{}';
  return draft('KubeEventObserved', source, {
    streamId: event.streamId,
    uid: event.uid,
    resourceVersion: event.resourceVersion,
    writes: change.writes,
    members: [['event', text]],
    content: text,
  });
}

/** The end of an attempt's log. Its identity is the attempt: it is recorded once, whatever was read of it. */
export function initLogCaptured(
  source: Source,
  subject: Readonly<{ uid: string; resourceVersion: string | null }>,
  said: Omit<Said<InitLogCaptured>, 'resourceVersion'>,
): Draft {
  const members = Object.entries(said).map(([key, value]) => [key, canonicalOrNull(value)] as const);
  return draft('InitLogCaptured', source, {
    ...subject,
    cause: said.containerId,
    streamId: subjectStream(subject.uid),
    writes: [],
    members,
    content: '',
  });
}

/** @param gone the node is no more: a DELETED frame, or absent from a complete list */
export function nodeObserved(source: Source, subject: Subject, change: Change, gone: boolean): Draft {
  return ofSubject('NodeObserved', source, subject, { change, more: [['gone', String(gone)]] });
}

/** @param gone the owner is no more: a DELETED frame, or absent from a complete list */
export function ownerObserved(source: Source, subject: Subject, change: Change, gone: boolean): Draft {
  return ofSubject('OwnerObserved', source, subject, { change, more: [['gone', String(gone)]] });
}

/** @param gone the namespace is no more: a DELETED frame, or absent from a complete list */
export function namespaceObserved(source: Source, subject: Subject, change: Change, gone: boolean): Draft {
  return ofSubject('NamespaceObserved', source, subject, { change, more: [['gone', String(gone)]] });
}

/** What an observation of the watch itself says, without what every observation says. */
export type Said<Of> = Omit<Of, 'type' | 'reducer' | 'via' | 'receivedAt' | 'writes' | 'resourceVersion'>;

/** A list was complete. @param resourceVersion the list's */
export function watchOpened(source: Source, said: Said<WatchOpened>, resourceVersion: string): Draft {
  return ofWatch('WatchOpened', source, said, resourceVersion);
}

/** A span in which changes may have gone unseen. */
export function observationGap(source: Source, said: Said<ObservationGap>): Draft {
  return ofWatch('ObservationGap', source, said, null);
}

/** The server's resourceVersions went back: another history begins. */
export function historyForked(source: Source, said: Said<HistoryForked> & { namespace?: string | null }): Draft {
  return ofWatch('HistoryForked', source, said, null);
}

/** The recorder keeps more, or other things, than before. @param watch the stream that says so: its resource and namespace */
export function reducerChanged(
  source: Source,
  said: Said<ReducerChanged>,
  watch: Readonly<{ resource: string; namespace: string | null }>,
): Draft {
  return ofWatch('ReducerChanged', source, { ...said, ...watch }, null);
}

type Members = readonly (readonly [string, string])[];

/** `cause` takes the place of a resourceVersion in the identity. */
type Named = Readonly<{ uid: string; resourceVersion: string | null; cause?: string }>;

function ofSubject(
  type: ObservationType,
  source: Source,
  subject: Named,
  { change, more }: Readonly<{ change: Change; more: Members }>,
): Draft {
  const parts = partsText(change.parts);
  return draft(type, source, {
    ...subject,
    streamId: subjectStream(subject.uid),
    writes: change.writes,
    members: [...more, ['parts', parts]],
    content: [...more.map(([, text]) => text), parts].join('\n'),
  });
}

function ofWatch(
  type: ObservationType,
  source: Source,
  said: Readonly<Record<string, unknown> & { resource?: string; namespace?: string | null }>,
  resourceVersion: string | null,
): Draft {
  const streamId = watchStream(source.shardId, said.resource ?? '', said.namespace ?? null);
  const members = Object.keys(said)
    .toSorted()
    .map((key) => [key, canonicalOrNull(said[key])] as const);
  const content = members.map(([key, text]) => `${key}:${text}`).join('\n');
  const cause = resourceVersion ?? content;
  return draft(type, source, { streamId, uid: streamId, resourceVersion, cause, writes: [], members, content });
}

function draft(
  type: ObservationType,
  { shardId, watchEpoch, via, receivedAt }: Source,
  of: Named & Readonly<{ streamId: string; writes: readonly Write[]; members: Members; content: string }>,
): Draft {
  const cause = of.cause ?? of.resourceVersion ?? '';
  const seen = { shardId, watchEpoch, uid: of.uid, type, cause, via, reducer: REDUCER, content: of.content };
  const version = of.resourceVersion === null ? 'null' : quoted(of.resourceVersion);
  const writes = of.writes.map(writeText).join(',');
  const members = of.members.map(([key, text]) => `,"${key}":${text}`).join('');
  const body =
    `{"type":"${type}","reducer":${REDUCER},"via":"${via}","resourceVersion":${version},` +
    `"receivedAt":"${receivedAt}","writes":[${writes}]${members}}`;
  return { streamId: of.streamId, eventId: observationId(seen), type, schemaVersion: schemaVersions[type], body };
}

function writeText({ manager, operation, subresource, time }: Write): string {
  const [sub, at] = [canonicalOrNull(subresource), canonicalOrNull(time)];
  return `{"manager":${quoted(manager)},"operation":${quoted(operation)},"subresource":${sub},"time":${at}}`;
}

function partsText(parts: ReadonlyMap<string, string | null>): string {
  const members = [...parts.keys()].toSorted().map((name) => `${quoted(name)}:${parts.get(name) ?? 'null'}`);
  return `{${members.join(',')}}`;
}

function canonicalOrNull(value: unknown): string {
  return canonical(value) ?? 'null';
}
