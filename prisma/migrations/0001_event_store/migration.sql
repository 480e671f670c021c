-- The append-only log. Keys as Citus (distribute by shard_id) and TimescaleDB or pg_partman (time) want them:
-- shard_id is in every primary key and unique index.

-- One ordered log with one writer: one watched cluster, or a slice of one.
CREATE TABLE shard (
  shard_id       integer     NOT NULL PRIMARY KEY,
  origin         text        NOT NULL,           -- what makes it this shard: source kind and cluster uid (or weaker identity)
  cluster_uid    text        NOT NULL,
  cluster_name   text        NOT NULL,           -- what people call it: the kubeconfig context, or "demo"
  source         text        NOT NULL,           -- kubernetes | demo | recording
  identity       text        NOT NULL,           -- namespaceUid | serverAndCa: the second is weaker
  server         text,                           -- where the API server answers
  server_version text,
  unknowns       json        NOT NULL DEFAULT '[]', -- what rights are missing, and what is therefore unknown
  created_at     timestamptz NOT NULL DEFAULT now(),
  seen_at        timestamptz NOT NULL DEFAULT now(),
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
  body_digest bytea,                           -- SHA-256 of salt and body, set only by their erasure: the leaf stays provable
  PRIMARY KEY (shard_id, position, recorded_at)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX event_stream ON event (shard_id, stream_id, position);

-- Completed 256-leaf tiles of the shard's RFC 6962 tree; partial tiles are recomputed from the last rows.
CREATE TABLE merkle_tile (
  shard_id integer  NOT NULL,
  level    smallint NOT NULL,
  index    bigint   NOT NULL,
  hashes   bytea    NOT NULL CHECK (length(hashes) = 8192),
  PRIMARY KEY (shard_id, level, index)
);
ALTER TABLE merkle_tile ALTER hashes SET STORAGE EXTERNAL;

-- The same for what this service and its users did. Tables of their own, so that plain grants can say who writes what;
-- their shard_id is that of the cluster they are about.
CREATE TABLE act_head (LIKE shard_head INCLUDING ALL) WITH (fillfactor = 50);
CREATE TABLE act_event (LIKE event INCLUDING DEFAULTS, PRIMARY KEY (shard_id, position, recorded_at))
  PARTITION BY RANGE (recorded_at);
CREATE INDEX act_event_stream ON act_event (shard_id, stream_id, position);
CREATE TABLE act_merkle_tile (LIKE merkle_tile INCLUDING ALL);

-- Up to where each watch has been stored. Moves in the transaction of the append.
CREATE TABLE watch_position (
  shard_id         integer     NOT NULL,
  watch            text        NOT NULL,       -- resource, and "/namespace" where the scope is one
  resource_version text        NOT NULL,
  moved_at         timestamptz NOT NULL,
  PRIMARY KEY (shard_id, watch)
) WITH (fillfactor = 50);

-- Moves a shard's head, or raises: a check in the client could not stop a COMMIT that is already on its way.
CREATE FUNCTION move_head(log text, shard integer, held_epoch bigint, from_size bigint, to_size bigint, at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF log = 'event' THEN
    UPDATE shard_head SET size = to_size, recorded_at = at
     WHERE shard_id = shard AND epoch = held_epoch AND size = from_size;
  ELSE
    UPDATE act_head SET size = to_size, recorded_at = at
     WHERE shard_id = shard AND epoch = held_epoch AND size = from_size;
  END IF;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'writer of shard % was fenced', shard USING ERRCODE = 'IL001';
  END IF;
END $$;

-- Grants are the first guard of the log, these triggers the second.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'IL002';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON act_event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON merkle_tile FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON act_merkle_tile FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON act_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON merkle_tile FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON act_merkle_tile FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Makes the partition of the week that holds `at`, for a recorder or projector that may not create tables. ATTACH and not
-- CREATE … PARTITION OF, which would wait for every reader and make every append wait behind it.
CREATE FUNCTION make_partition(log text, at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  monday    timestamptz := date_trunc('week', at, 'UTC');
  next      timestamptz := date_trunc('week', at AT TIME ZONE 'UTC' + interval '7 days') AT TIME ZONE 'UTC';
  partition text;
BEGIN
  IF log NOT IN ('event', 'act_event') THEN
    RAISE EXCEPTION 'there is no log %', log;
  END IF;
  partition := log || '_' || to_char(monday AT TIME ZONE 'UTC', 'IYYY"w"IW');
  IF to_regclass(quote_ident(partition)) IS NOT NULL THEN
    RETURN partition;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('initledger partition ' || partition));
  IF to_regclass(quote_ident(partition)) IS NOT NULL THEN
    RETURN partition;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', partition, log);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', log, partition, monday, next);
  EXECUTE format(
    'CREATE TRIGGER never_emptied BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', partition);
  RETURN partition;
END $$;

-- A definer function must not be led to other tables by its caller's search_path.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION make_partition(text, timestamptz) SET search_path = %I, pg_catalog, pg_temp', current_schema());
END $$;

-- Who may do what. The recorder is the sole author of observations, the projector of acts; the api reads.
GRANT SELECT, INSERT, UPDATE ON shard, shard_head, watch_position TO initledger_recorder;
GRANT SELECT, INSERT ON event, merkle_tile TO initledger_recorder;
GRANT SELECT ON shard, shard_head, watch_position, event, merkle_tile TO initledger_projector, initledger_api;
GRANT SELECT, INSERT, UPDATE ON act_head TO initledger_projector;
GRANT SELECT, INSERT ON act_event, act_merkle_tile TO initledger_projector;
GRANT SELECT ON act_head, act_event, act_merkle_tile TO initledger_api;

REVOKE EXECUTE ON FUNCTION make_partition(text, timestamptz) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION move_head(text, integer, bigint, bigint, bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_partition(text, timestamptz) TO initledger_recorder, initledger_projector;
GRANT EXECUTE ON FUNCTION move_head(text, integer, bigint, bigint, bigint, timestamptz)
  TO initledger_recorder, initledger_projector;
