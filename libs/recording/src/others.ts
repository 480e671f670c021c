import { events, namespaces, nodes } from '#libs/kubernetes';
import type { KubernetesObject, Resource, Slice } from '#libs/kubernetes';
import {
  farewell,
  kubeEventObserved,
  namespaceObserved,
  nodeObserved,
  observe,
  reduceEvent,
  reduceNamespace,
  reduceNode,
  subjectStream,
} from './reducing/index.js';
import type { Change, Draft, KnownParts, Masking, Reduced, Source, Subject } from './reducing/index.js';
import type { Watched } from './watched.js';

/** An Events watch is quiet as long as nothing happens and has no bookmarks (semantics 6.4): its time-out is its only end. */
const eventsSilenceMs = 660_000;

/** Nodes: what explains an initialization (bootID, versions, conditions, taints). */
export function watchedNodes(masking: Masking, known: KnownParts): Watched {
  return watchedSubjects({ resource: nodes, reduce: (raw) => reduceNode(raw, masking), draft: nodeObserved, known });
}

/** Namespaces: their UIDs, to which history belongs. */
export function watchedNamespaces(masking: Masking, known: KnownParts, slice?: Slice): Watched {
  const reduce = (raw: KubernetesObject) => reduceNamespace(raw, masking);
  return {
    ...watchedSubjects({ resource: namespaces, reduce, draft: namespaceObserved, known }),
    metadataOnly: true,
    slice,
  };
}

type Kind = Readonly<{
  resource: Resource;
  reduce: (raw: KubernetesObject) => Reduced;
  draft: (source: Source, subject: Subject, change: Change, gone: boolean) => Draft;
  known: KnownParts;
}>;

function watchedSubjects({ resource, reduce, draft, known }: Kind): Watched {
  return {
    resource,
    namespace: null,
    known,
    observed(object, source) {
      const reduced = reduce(object);
      const stream = subjectStream(reduced.uid);
      const change = observe(known.get(stream), reduced);
      if (!change) return [];
      known.set(stream, change.known);
      return [draft(source, reduced, change, false)];
    },
    gone(object, source) {
      const reduced = reduce(object);
      const stream = subjectStream(reduced.uid);
      const change = farewell(known.get(stream), reduced);
      known.delete(stream);
      return [draft(source, reduced, change, true)];
    },
    missing(stream, source, { listResourceVersion }) {
      const change = farewell(known.get(stream), undefined);
      known.delete(stream);
      return [draft(source, { uid: stream, resourceVersion: listResourceVersion }, change, true)];
    },
  };
}

/** Events about pods. That one is no more says only that it was old: nothing is recorded of it. */
export function watchedEvents(masking: Masking, known: KnownParts, of: Pick<Watched, 'namespace' | 'slice'>): Watched {
  const forget = (event: string) => {
    known.delete(event);
    return [];
  };
  return {
    resource: events,
    ...of,
    fieldSelector: 'involvedObject.kind=Pod',
    silentAfterMs: eventsSilenceMs,
    known,
    observed(object, source) {
      const reduced = reduceEvent(object, masking);
      if (!reduced) return [];
      const event = subjectStream(reduced.uid);
      const change = observe(known.get(event), reduced);
      if (!change) return [];
      known.set(event, change.known);
      return [kubeEventObserved(source, reduced, change)];
    },
    gone: ({ metadata }) => forget(subjectStream(metadata.uid)),
    missing: forget,
  };
}
