-- Read models: disposable, rebuilt from the log. Rows of pod_init and init_attempt are versions, [valid_from, valid_to) by
-- position, written when a served field changes, so that every list can be read as of any position.

-- Adds two counters by key ({"12": 3} + {"12": -1} = {"12": 2}); what comes to nought leaves no key, so that taking back is exact.
CREATE FUNCTION add_counts(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(jsonb_object_agg(key, total), '{}')
  FROM (
    SELECT key, sum(value::bigint) AS total
    FROM (SELECT * FROM jsonb_each_text(a) UNION ALL SELECT * FROM jsonb_each_text(b)) AS entry
    GROUP BY key
    HAVING sum(value::bigint) <> 0
  ) AS added
$$;

CREATE TABLE projection_bookmark (
  shard_id    integer     NOT NULL,
  name        text        NOT NULL,            -- carries its version: pod-inits-v1
  position    bigint      NOT NULL,            -- of the last event projected; -1 before the first
  recorded_at timestamptz,                     -- of that event
  rules       text        NOT NULL,
  live_from   bigint      NOT NULL DEFAULT 0,  -- side effects only from here on
  PRIMARY KEY (shard_id, name)
) WITH (fillfactor = 50);

-- Streams at which a fold failed: they are parked, the rest flows. The rebuild that a repaired rule brings reads them again.
CREATE TABLE quarantine (
  shard_id    integer     NOT NULL,
  name        text        NOT NULL,            -- of the projection
  stream_id   uuid        NOT NULL,
  position    bigint      NOT NULL,            -- of the event that could not be folded
  recorded_at timestamptz NOT NULL,            -- of that event
  error       text        NOT NULL,
  PRIMARY KEY (shard_id, name, stream_id)
);

CREATE TABLE happening (
  shard_id     integer     NOT NULL,
  position     bigint      NOT NULL,           -- of the observation it was derived at
  ordinal      integer     NOT NULL,
  happening_id uuid        NOT NULL,
  pod_uid      uuid        NOT NULL,
  namespace    text        NOT NULL,
  type         text        NOT NULL,
  at           timestamptz,
  observed_at  timestamptz NOT NULL,
  basis        text        NOT NULL,
  container    text,
  rules        text        NOT NULL,
  doc          json        NOT NULL,           -- the contract's Happening, whole
  PRIMARY KEY (shard_id, position, ordinal)
);
CREATE INDEX happening_pod ON happening (shard_id, pod_uid, position, ordinal);

CREATE TABLE pod_init (
  shard_id           integer     NOT NULL,
  pod_uid            uuid        NOT NULL,
  cycle              integer     NOT NULL,     -- 0 before the node accepted the pod, else 1, 2, …
  valid_from         bigint      NOT NULL,
  valid_to           bigint,                   -- null: in force
  newest             boolean     NOT NULL,     -- the pod's newest cycle in this version
  namespace          text        NOT NULL,
  namespace_uid      uuid,
  name               text        NOT NULL,
  workload_kind      text        NOT NULL,
  workload_name      text        NOT NULL,
  revision           text,
  node               text,
  zone               text,
  labels             jsonb       NOT NULL,
  init_containers    integer     NOT NULL,     -- regular ones and sidecars
  containers         text[]      NOT NULL,     -- their names, in order
  images             text[]      NOT NULL,
  state              text        NOT NULL,
  outcome            text        NOT NULL,
  category           text,
  container          text,                     -- the one at which it stands or failed
  waiting_reason     text,
  created_at         timestamptz,
  started_at         timestamptz,
  ended_at           timestamptz,
  deleted_at         timestamptz,
  stuck_since        timestamptz,
  deadline_at        timestamptz,              -- when standing there becomes being stuck; null where it never does
  stuck_category     text,                     -- what it is stuck with from then on: a container that merely runs has no category before
  threshold_seconds  double precision,
  threshold_basis    text,
  duration_seconds   double precision,         -- null while it runs
  duration_lo        double precision,
  duration_hi        double precision,
  duration_certainty text        NOT NULL,
  init_restarts      integer     NOT NULL,
  attempts           integer     NOT NULL,
  failed_attempts    integer     NOT NULL,
  missed_attempts    integer     NOT NULL,
  contribution       json,                     -- what it added to workload_stats, to be taken back exactly
  told_at            timestamptz NOT NULL,     -- recorded_at of valid_from: running durations in doc end here
  digest             text        NOT NULL,     -- of what is served; an equal one needs no new version
  doc                jsonb       NOT NULL,     -- the account of the pod with this cycle alone
  PRIMARY KEY (shard_id, pod_uid, cycle, valid_from)
) WITH (fillfactor = 70);
CREATE INDEX pod_init_namespace ON pod_init (shard_id, namespace, created_at DESC, pod_uid) WHERE valid_to IS NULL AND newest;
CREATE INDEX pod_init_created ON pod_init (shard_id, created_at DESC, pod_uid) WHERE valid_to IS NULL AND newest;
CREATE INDEX pod_init_workload ON pod_init (shard_id, namespace, workload_kind, workload_name, ended_at);
CREATE INDEX pod_init_deadline ON pod_init (shard_id, deadline_at) WHERE valid_to IS NULL AND newest AND deadline_at IS NOT NULL;
CREATE INDEX pod_init_validity ON pod_init (shard_id, valid_from, valid_to);

CREATE TABLE init_attempt (
  shard_id           integer NOT NULL,
  pod_uid            uuid    NOT NULL,
  container          text    NOT NULL,
  container_id       text    NOT NULL,
  valid_from         bigint  NOT NULL,
  valid_to           bigint,
  cycle              integer NOT NULL,
  number             integer NOT NULL,
  kind               text    NOT NULL,         -- regular | sidecar
  namespace          text    NOT NULL,
  workload_kind      text    NOT NULL,
  workload_name      text    NOT NULL,
  revision           text,
  node               text,
  image              text    NOT NULL,
  image_id           text,
  started_at         timestamptz,
  finished_at        timestamptz,
  duration_seconds   double precision,
  duration_lo        double precision,
  duration_hi        double precision,
  duration_certainty text    NOT NULL,
  exit_code          integer,
  reason             text,
  outcome            text    NOT NULL,
  category           text,
  basis              text    NOT NULL,
  position           bigint  NOT NULL,         -- the observation that first showed it
  contribution       json,                     -- what it added to workload_stats, to be taken back exactly
  told_at            timestamptz NOT NULL,     -- recorded_at of valid_from: a running duration in doc ends here
  digest             text    NOT NULL,         -- of what is served; an equal one needs no new version
  doc                jsonb   NOT NULL,         -- the contract's Attempt
  PRIMARY KEY (shard_id, pod_uid, container, container_id, valid_from)
) WITH (fillfactor = 70);
CREATE INDEX init_attempt_validity ON init_attempt (shard_id, valid_from, valid_to);
CREATE INDEX init_attempt_workload ON init_attempt (shard_id, namespace, workload_kind, workload_name, container, finished_at);

-- Annotations: what Events said of a pod.
CREATE TABLE kube_event (
  shard_id   integer     NOT NULL,
  position   bigint      NOT NULL,
  pod_uid    uuid        NOT NULL,             -- the pod it is about; of a static pod its mirror, once that is known
  event_uid  uuid        NOT NULL,
  namespace  text        NOT NULL,
  reason     text,
  type       text,
  container  text,
  message    text,
  count      integer     NOT NULL,
  at         timestamptz,
  doc        json        NOT NULL,
  PRIMARY KEY (shard_id, position)
);
CREATE INDEX kube_event_pod ON kube_event (shard_id, pod_uid, position);

CREATE TABLE gap (
  shard_id  integer     NOT NULL,
  position  bigint      NOT NULL,
  recorded_at timestamptz NOT NULL,
  resource  text        NOT NULL,
  namespace text,
  from_at   timestamptz NOT NULL,
  to_at     timestamptz NOT NULL,
  cause     text        NOT NULL,
  doc       json        NOT NULL,              -- the observation
  PRIMARY KEY (shard_id, position)
);
CREATE INDEX gap_time ON gap (shard_id, to_at);

-- Node, owner and namespace as they were at each position: context for the derivation. Of a static pod: which mirror stood for it.
CREATE TABLE context (
  shard_id integer NOT NULL,
  kind     text    NOT NULL,                   -- node | owner | namespace | watch | twin
  uid      uuid    NOT NULL,                   -- of a twin: the static pod's
  position bigint  NOT NULL,
  recorded_at timestamptz NOT NULL,
  name     text    NOT NULL,                   -- of a watch: resource, and "/namespace" where the scope is one; of a twin: its mirror's uid
  gone     boolean NOT NULL,
  via      text    NOT NULL,
  received_at text NOT NULL,                   -- by the recorder's clock, as it wrote it
  doc      json    NOT NULL,                   -- the subject's parts, folded
  PRIMARY KEY (shard_id, kind, uid, position)
);
CREATE INDEX context_name ON context (shard_id, kind, name, position);

-- Which living pod is accounted for with which context: who is to be told when that changes.
CREATE TABLE pod_context (
  shard_id integer NOT NULL,
  kind     text    NOT NULL,                   -- node | owner | namespace
  key      text    NOT NULL,                   -- a node's or namespace's name, an owner's uid
  pod_uid  uuid    NOT NULL,
  PRIMARY KEY (shard_id, kind, key, pod_uid)
);

-- Counted in the hour of the end. container '' is the initialization as a whole. Only exact durations of what succeeded enter the
-- histogram: duration_count + bounded = succeeded.
CREATE TABLE workload_stats (
  shard_id        integer     NOT NULL,
  hour            timestamptz NOT NULL,
  namespace       text        NOT NULL,
  namespace_uid   text        NOT NULL,        -- '' until it is known
  workload_kind   text        NOT NULL,
  workload_name   text        NOT NULL,
  revision        text        NOT NULL,        -- '' where there is none
  container       text        NOT NULL,
  has_init        boolean     NOT NULL,        -- pods without init containers are counted apart, never added
  ended           bigint      NOT NULL,        -- cycles, or attempts of the container
  succeeded       bigint      NOT NULL,
  failed          bigint      NOT NULL,
  aborted         bigint      NOT NULL,
  unknown         bigint      NOT NULL,
  missed          bigint      NOT NULL,
  restarts        bigint      NOT NULL,
  bounded         bigint      NOT NULL,        -- successes whose duration is not exact
  duration_ms     bigint      NOT NULL,        -- sum of the exact ones; whole, so that taking back is exact
  duration_count  bigint      NOT NULL,
  categories      jsonb       NOT NULL,        -- category -> failures
  buckets         jsonb       NOT NULL,        -- Prometheus native schema 5: index -> count; "zero" holds what took no time
  last_position   bigint      NOT NULL,
  PRIMARY KEY (shard_id, hour, namespace, namespace_uid, workload_kind, workload_name, revision, container, has_init)
) WITH (fillfactor = 70);
CREATE INDEX workload_stats_workload ON workload_stats (shard_id, namespace, workload_kind, workload_name, container, hour);

SELECT grant_read_models('projection_bookmark', 'quarantine', 'happening', 'pod_init', 'init_attempt', 'kube_event', 'gap', 'context',
                         'pod_context', 'workload_stats');
