-- Alerts are acts (act_event); these tables are read from them, and hold what is to be delivered.

CREATE TABLE alert_bookmark (
  shard_id    integer     NOT NULL PRIMARY KEY,
  position    bigint      NOT NULL,             -- of the last act read; -1 before the first
  owner       uuid        NOT NULL,             -- the one process that decides about this shard's alerts
  lease_until timestamptz NOT NULL
) WITH (fillfactor = 50);

-- One row for each firing of an identity: workload, revision, container and cause, never a pod.
CREATE TABLE alert (
  shard_id          integer     NOT NULL,
  alert_id          uuid        NOT NULL,        -- the identity
  cluster           text        NOT NULL,
  episode           integer     NOT NULL,        -- 1, 2, …: how often it has fired
  name              text        NOT NULL,
  state             text        NOT NULL,        -- firing | resolved
  namespace         text        NOT NULL,
  namespace_uid     uuid,                        -- null until it is known: then only those see it who see everything
  workload_kind     text        NOT NULL,
  workload_name     text        NOT NULL,
  revision          text,
  container         text,
  category          text        NOT NULL,
  starts_at         timestamptz NOT NULL,
  ends_at           timestamptz,
  resolution        text,
  fired_position    bigint      NOT NULL,        -- the act
  resolved_position bigint,
  pods              jsonb       NOT NULL,        -- uid, name, since: when it fired
  standing          jsonb       NOT NULL,        -- the same, at the last scan
  threshold_seconds double precision NOT NULL,
  threshold_basis   text        NOT NULL,
  evidence          jsonb       NOT NULL,        -- positions in the cluster's shard
  PRIMARY KEY (shard_id, alert_id, episode)
);
CREATE INDEX alert_firing ON alert (shard_id) WHERE state = 'firing';

-- What has to leave the house. Written in the transaction that reads the act; the key makes it once.
CREATE TABLE outbox (
  shard_id   integer     NOT NULL,
  dedupe_key text        NOT NULL,
  alert_id   uuid        NOT NULL,
  episode    integer     NOT NULL,
  receiver   text        NOT NULL,               -- name of the receiver
  transition text        NOT NULL,               -- fired | resolved | again: the last is for those who want the state repeated
  created_at timestamptz NOT NULL,
  due_at     timestamptz NOT NULL,
  attempts   integer     NOT NULL DEFAULT 0,
  queued_at  timestamptz,
  done_at    timestamptz,
  PRIMARY KEY (shard_id, dedupe_key)
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL;
CREATE INDEX outbox_alert ON outbox (shard_id, alert_id, episode);

-- What was sent where, when, and what the receiver said.
CREATE TABLE delivery (
  shard_id   integer     NOT NULL,
  delivery_id uuid       NOT NULL,
  dedupe_key text        NOT NULL,
  receiver   text        NOT NULL,
  attempted_at timestamptz NOT NULL,
  outcome    text        NOT NULL,               -- delivered | refused | failed
  status     integer,
  detail     text,
  PRIMARY KEY (shard_id, delivery_id)
);
CREATE INDEX delivery_of ON delivery (shard_id, dedupe_key, attempted_at);

SELECT grant_read_models('alert_bookmark', 'alert', 'outbox', 'delivery');
