-- The append-only log. Keys as Citus (distribute by shard_id) and TimescaleDB or pg_partman (time) want them:
-- shard_id is in every primary key and unique index.

-- One ordered log with one writer: one watched cluster, or a slice of one.
CREATE TABLE shard (
  shard_id     integer     NOT NULL PRIMARY KEY,
  origin       text        NOT NULL,           -- what makes it this shard: source kind and cluster uid (or weaker identity)
  cluster_uid  text        NOT NULL,
  cluster_name text        NOT NULL,           -- what people call it: the kubeconfig context, or "demo"
  source       text        NOT NULL,           -- kubernetes | demo | recording
  identity     text        NOT NULL,           -- namespaceUid | serverAndCa: the second is weaker
  server       text,                           -- where the API server answers
  server_version text,
  unknowns     json        NOT NULL DEFAULT '[]', -- what rights are missing, and what is therefore unknown
  created_at   timestamptz NOT NULL DEFAULT now(),
  seen_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (shard_id, origin)
);

-- The hot row of a shard. Its lock is held to commit, so the order of positions is the order of commits.
CREATE TABLE shard_head (
  shard_id    integer     NOT NULL PRIMARY KEY,
  epoch       bigint      NOT NULL,            -- rises with every writer that takes the shard
  size        bigint      NOT NULL,            -- number of events; the next position
  recorded_at timestamptz NOT NULL,            -- of the last event; never decreases
  watch_epoch bigint      NOT NULL DEFAULT 0   -- rises when resourceVersions go back
) WITH (fillfactor = 50);

CREATE TABLE event (
  shard_id    integer     NOT NULL,
  position    bigint      NOT NULL,            -- dense: 0, 1, 2, …; also the leaf index
  recorded_at timestamptz NOT NULL,
  stream_id   uuid        NOT NULL,            -- the subject: pod, node, owner, namespace, watch
  event_id    uuid        NOT NULL,
  type        text        NOT NULL,
  schema_ver  smallint    NOT NULL,
  salt        bytea,                           -- 16 bytes; null only after erasure
  body        json,                            -- verbatim; null only after erasure
  PRIMARY KEY (shard_id, position, recorded_at)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX event_stream ON event (shard_id, stream_id, position);

-- The same shape for what this service and its users did, in shards of its own.
CREATE TABLE act_event (LIKE event INCLUDING DEFAULTS, PRIMARY KEY (shard_id, position, recorded_at))
  PARTITION BY RANGE (recorded_at);
CREATE INDEX act_event_stream ON act_event (shard_id, stream_id, position);

-- Completed 256-leaf tiles of the shard's RFC 6962 tree; partial tiles are recomputed from the last rows.
CREATE TABLE merkle_tile (
  shard_id integer  NOT NULL,
  level    smallint NOT NULL,
  index    bigint   NOT NULL,
  hashes   bytea    NOT NULL,                  -- exactly 8,192 bytes
  PRIMARY KEY (shard_id, level, index)
);
ALTER TABLE merkle_tile ALTER hashes SET STORAGE EXTERNAL;

-- Up to where each watch has been stored. Moves in the transaction of the append.
CREATE TABLE watch_position (
  shard_id         integer     NOT NULL,
  watch            text        NOT NULL,       -- resource, and "/namespace" where the scope is one
  resource_version text        NOT NULL,
  moved_at         timestamptz NOT NULL,
  PRIMARY KEY (shard_id, watch)
) WITH (fillfactor = 50);
