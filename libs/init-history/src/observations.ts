/**
 * What the store holds of a watch: facts, uninterpreted. The bodies of stored events have exactly these shapes;
 * an event's type and stream (the subject's uid) are columns of the store.
 */
export type Observation =
  | PodObserved
  | PodGone
  | KubeEventObserved
  | NodeObserved
  | OwnerObserved
  | NamespaceObserved
  | InitLogCaptured
  | WatchOpened
  | ObservationGap
  | HistoryForked
  | ReducerChanged;

export type ObservationType = Observation['type'];

/**
 * The version of each type's body, as recorders of this version write it: the types here are those versions. It rises when a body's shape
 * changes so that what reads it has to tell the two apart; whoever reads the log brings older bodies up to it.
 */
export const schemaVersions = {
  PodObserved: 1,
  PodGone: 1,
  KubeEventObserved: 1,
  NodeObserved: 1,
  OwnerObserved: 1,
  NamespaceObserved: 1,
  InitLogCaptured: 1,
  WatchOpened: 1,
  ObservationGap: 1,
  HistoryForked: 1,
  ReducerChanged: 1,
} as const satisfies Record<ObservationType, number>;

/** How an observation reached the recorder. */
export type Via = 'watch' | 'initialList' | 'relist' | 'restated' | 'reducerChanged';

/** A managedFields entry that moved with this write: the API server's own clock for it, in whole seconds. */
export type Write = Readonly<{ manager: string; operation: string; subresource: string | null; time: string | null }>;

/** What every observation says of itself. */
export type Look = Readonly<{
  /** Version of the reducer: of what is kept of an object. */
  reducer: number;
  via: Via;
  resourceVersion: string | null;
  /** The recorder's clock, RFC 3339 with milliseconds. */
  receivedAt: string;
  writes: readonly Write[];
}>;

/** Parts by name, each whole; null says that the part went. Names and shapes: the reducer's README. */
export type Parts = Readonly<Record<string, unknown>>;

export type PodObserved = Look &
  Readonly<{
    type: 'PodObserved';
    parts: Parts;
    /** Frames that changed probes alone and that this one stands for besides itself; absent for none. */
    coalesced?: number;
  }>;

/** The pod is no more: a DELETED frame (`parts` holds what it still changed), or absent from a complete list. */
export type PodGone = Look &
  Readonly<{
    type: 'PodGone';
    how: 'deleted' | 'missing';
    /** Of a missing pod: the span in which it went, RFC 3339. Null for a DELETED frame. */
    between: Readonly<{ lastSeen: string; foundMissing: string }> | null;
    parts: Parts;
  }>;

/** An Event about a pod. The stream is the uid of the involved object, which for a static pod is not its mirror's uid. */
export type KubeEventObserved = Look & Readonly<{ type: 'KubeEventObserved'; event: KubeEvent }>;

/** The kept fields of a core/v1 Event, in Kubernetes' own names. */
export type KubeEvent = Readonly<{
  uid: string;
  name: string;
  namespace: string;
  involvedObject: Readonly<{
    kind?: string;
    namespace?: string;
    name?: string;
    uid?: string;
    apiVersion?: string;
    resourceVersion?: string;
    fieldPath?: string;
  }>;
  reason?: string;
  message?: string;
  /** True when `message` was longer than 4,096 bytes. */
  truncated?: boolean;
  type?: string;
  action?: string;
  count?: number;
  series?: Readonly<{ count?: number; lastObservedTime?: string }>;
  eventTime?: string;
  firstTimestamp?: string;
  lastTimestamp?: string;
  creationTimestamp?: string;
  source?: Readonly<{ component?: string; host?: string }>;
  reportingComponent?: string;
  reportingInstance?: string;
  related?: Readonly<Record<string, string>>;
}>;

/** `parts`: metadata (name, labels, creationTimestamp), nodeInfo, conditions by type, spec (taints, unschedulable), allocatable. */
export type NodeObserved = Look & Readonly<{ type: 'NodeObserved'; gone: boolean; parts: Parts }>;

/** `parts.metadata`: kind, apiVersion, name, namespace, ownerReferences, template hashes, revision, change-cause, creationTimestamp. */
export type OwnerObserved = Look & Readonly<{ type: 'OwnerObserved'; gone: boolean; parts: Parts }>;

/** `parts.metadata`: uid, name, labels, deletionTimestamp. */
export type NamespaceObserved = Look & Readonly<{ type: 'NamespaceObserved'; gone: boolean; parts: Parts }>;

/**
 * The end of the log of a failed attempt of an init container, read from `pods/log` (opt-in). `text` is redacted and capped; null
 * where the API server had none to give, which `missing` then explains in its words.
 */
export type InitLogCaptured = Look &
  Readonly<{
    type: 'InitLogCaptured';
    container: string;
    containerId: string;
    text: string | null;
    /** True when the log has more than is kept here: lines before these, or the end of a line. */
    truncated: boolean;
    /** The runtime's times of the first and the last line kept, by the node's clock, RFC 3339. */
    firstLineAt: string | null;
    lastLineAt: string | null;
    missing: string | null;
  }>;

/** A list was complete: watching begins at its resourceVersion. The stream is the watch. */
export type WatchOpened = Look &
  Readonly<{
    type: 'WatchOpened';
    resource: string;
    namespace: string | null;
    /** Objects in the list; rises when a list's resourceVersion falls (a restored etcd). */
    count: number;
    watchEpoch: number;
    serverVersion: string | null;
  }>;

/** A span in which changes of `resource` may have gone unseen. The stream is the watch. */
export type ObservationGap = Look &
  Readonly<{
    type: 'ObservationGap';
    resource: string;
    namespace: string | null;
    from: string;
    to: string;
    fromResourceVersion: string | null;
    toResourceVersion: string | null;
    cause: GapCause;
  }>;

/**
 * Why a position was lost. `expired`: the server forgot it, though the watch was there (a quiet one ages). `dropped`: the watch
 * had broken off or the server had failed before. `overloaded`: the recorder could not keep up, and was cut off. `stopped`: the
 * recorder was not running. `forked`: resourceVersions went back. `forbidden`: the right to look was missing. A position that can be
 * resumed loses nothing and makes no gap, whatever broke.
 */
export type GapCause = 'expired' | 'dropped' | 'overloaded' | 'stopped' | 'forked' | 'forbidden';

export type HistoryForked = Look &
  Readonly<{ type: 'HistoryForked'; resource: string; before: string; after: string; watchEpoch: number }>;

export type ReducerChanged = Look & Readonly<{ type: 'ReducerChanged'; before: number }>;
