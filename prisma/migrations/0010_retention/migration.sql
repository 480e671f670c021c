-- Retention: weeks of observations that are over are sealed, and dropped when they are old. Acts are kept for ever: they say what went.

-- Events below first_position were dropped; nothing is recorded before sealed_until any more.
ALTER TABLE shard_head ADD COLUMN first_position bigint      NOT NULL DEFAULT 0,
                       ADD COLUMN sealed_until   timestamptz NOT NULL DEFAULT 'epoch';
ALTER TABLE act_head   ADD COLUMN first_position bigint      NOT NULL DEFAULT 0,
                       ADD COLUMN sealed_until   timestamptz NOT NULL DEFAULT 'epoch';

-- What a shard has in a partition that is over.
CREATE TABLE segment (
  shard_id       integer     NOT NULL,
  from_at        timestamptz NOT NULL,          -- of the partition, by recorded_at: [from_at, to_at)
  to_at          timestamptz NOT NULL,
  first_position bigint      NOT NULL,          -- [first_position, next_position)
  next_position  bigint      NOT NULL,
  leaves_digest  bytea       NOT NULL CHECK (length(leaves_digest) = 32), -- SHA-256 of its leaf hashes, one after the other
  edge_leaves    bytea       NOT NULL,          -- leaf hashes from the last multiple of 256 up to next_position: the tree goes on from them
  sealed_at      timestamptz NOT NULL DEFAULT now(),
  archive_digest bytea,                         -- SHA-256 of the file that it was exported to last
  due_at         timestamptz,                   -- when it was found to be older than is kept
  drop_position  bigint,                        -- of the act that says that it goes
  dropped_at     timestamptz,
  PRIMARY KEY (shard_id, from_at)
);

-- Whatever lives is told in full at up_to or after it: to the recorder's best knowledge, nothing rests on what lies before.
CREATE TABLE restated (
  shard_id    integer     NOT NULL PRIMARY KEY,
  up_to       bigint      NOT NULL,
  restated_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON restated TO initledger_recorder;
GRANT SELECT ON restated TO initledger_projector, initledger_api;

-- What must not go: it holds the partitions that it overlaps, for all shards, as those go together. Made and ended by acts.
CREATE TABLE legal_hold (
  shard_id    integer     NOT NULL,
  hold_id     uuid        NOT NULL,
  from_at     timestamptz NOT NULL,             -- [from_at, to_at) by recorded_at
  to_at       timestamptz NOT NULL,
  reason      text        NOT NULL,
  author      text        NOT NULL,
  held_at     timestamptz NOT NULL DEFAULT now(),
  released_at timestamptz,
  PRIMARY KEY (shard_id, hold_id)
);

GRANT SELECT, INSERT, UPDATE ON segment, legal_hold TO initledger_projector;
GRANT SELECT ON segment TO initledger_recorder;
GRANT SELECT ON segment, legal_hold TO initledger_api;

-- As before, and never into what is sealed: a writer whose clock is behind goes on from where the seal is.
CREATE OR REPLACE FUNCTION move_head(log text, shard integer, held_epoch bigint, from_size bigint, to_size bigint, at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz;
BEGIN
  IF log = 'event' THEN
    UPDATE shard_head SET size = to_size, recorded_at = at
     WHERE shard_id = shard AND epoch = held_epoch AND size = from_size
    RETURNING sealed_until INTO until;
  ELSE
    UPDATE act_head SET size = to_size, recorded_at = at
     WHERE shard_id = shard AND epoch = held_epoch AND size = from_size
    RETURNING sealed_until INTO until;
  END IF;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'writer of shard % was fenced', shard USING ERRCODE = 'IL001';
  END IF;
  IF to_size > from_size AND at < until THEN
    RAISE EXCEPTION 'shard % is sealed until %', shard, until USING ERRCODE = 'IL003';
  END IF;
END $$;

-- A tile of leaves goes once all of its events are below the horizon, and the tile above it, which has its root, is there.
CREATE FUNCTION refuse_tile_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'merkle_tile' AND OLD.level = 0
     AND (OLD.index + 1) * 256 <= (SELECT first_position FROM shard_head WHERE shard_id = OLD.shard_id)
     AND EXISTS (SELECT FROM merkle_tile WHERE shard_id = OLD.shard_id AND level = 1 AND index = OLD.index / 256) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'IL002';
END $$;
REVOKE EXECUTE ON FUNCTION refuse_tile_change() FROM PUBLIC;
DROP TRIGGER append_only ON merkle_tile;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON merkle_tile FOR EACH ROW EXECUTE FUNCTION refuse_tile_change();

-- The bounds of a partition of `event`; raises for what is none.
CREATE FUNCTION partition_bounds(partition text, OUT from_at timestamptz, OUT to_at timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
  bounds text[];
BEGIN
  SELECT regexp_match(pg_get_expr(relpartbound, oid), 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)') INTO bounds
    FROM pg_class
   WHERE oid = to_regclass(quote_ident(partition))
     AND EXISTS (SELECT FROM pg_inherits WHERE inhrelid = pg_class.oid AND inhparent = 'event'::regclass);
  IF bounds IS NULL THEN
    RAISE EXCEPTION '% is no partition of the observations', partition;
  END IF;
  from_at := bounds[1]::timestamptz;
  to_at := bounds[2]::timestamptz;
END $$;

-- From now on nothing of this shard is recorded before `until`. Refused as long as something may come: until the shard's head has
-- passed it, or, of a shard that nobody records any more, for a day after it. Holds the head for a moment only.
CREATE FUNCTION seal_shard(shard integer, until timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  UPDATE shard_head SET sealed_until = greatest(sealed_until, until)
   WHERE shard_id = shard AND (recorded_at >= until OR until < now() - interval '1 day');
  RETURN FOUND;
END $$;

-- What still keeps a partition from being dropped; null where nothing does. `from_at` and `to_at` are its bounds.
CREATE FUNCTION kept_because(lower_bound timestamptz, upper_bound timestamptz) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  seen record;
BEGIN
  SELECT shard_id INTO seen FROM shard_head WHERE sealed_until < upper_bound ORDER BY 1 LIMIT 1;
  IF FOUND THEN RETURN format('shard %s is not sealed up to its end', seen.shard_id); END IF;
  SELECT reason INTO seen FROM legal_hold WHERE released_at IS NULL AND from_at < upper_bound AND to_at > lower_bound LIMIT 1;
  IF FOUND THEN RETURN format('it is held: %s', seen.reason); END IF;
  SELECT head.shard_id INTO seen
    FROM shard_head AS head
    LEFT JOIN segment AS known ON known.shard_id = head.shard_id AND known.from_at = lower_bound
   WHERE known.shard_id IS NULL
     AND EXISTS (SELECT FROM event WHERE event.shard_id = head.shard_id AND recorded_at >= lower_bound AND recorded_at < upper_bound)
   LIMIT 1;
  IF FOUND THEN RETURN format('what shard %s has in it is not sealed', seen.shard_id); END IF;
  -- Of a cluster that nobody has seen for a day nobody can say what lives in it.
  SELECT known.shard_id INTO seen
    FROM segment AS known
    JOIN shard ON shard.shard_id = known.shard_id
    LEFT JOIN restated ON restated.shard_id = known.shard_id
   WHERE known.from_at = lower_bound AND shard.source <> 'recording' AND shard.seen_at > now() - interval '1 day'
     AND coalesce(restated.up_to, 0) < known.next_position LIMIT 1;
  IF FOUND THEN RETURN format('what lives in shard %s is not told in full after it yet: its recorder does that', seen.shard_id); END IF;
  SELECT known.shard_id, marked.name INTO seen
    FROM segment AS known
    JOIN projection_bookmark AS marked ON marked.shard_id = known.shard_id AND marked.position < known.next_position - 1
   WHERE known.from_at = lower_bound LIMIT 1;
  IF FOUND THEN RETURN format('%s has not read shard %s up to its end', seen.name, seen.shard_id); END IF;
  SELECT known.shard_id INTO seen FROM segment AS known
   WHERE known.from_at = lower_bound
     AND NOT EXISTS (SELECT FROM checkpoint WHERE checkpoint.shard_id = known.shard_id AND size >= known.next_position) LIMIT 1;
  IF FOUND THEN RETURN format('no checkpoint of shard %s covers it', seen.shard_id); END IF;
  SELECT known.shard_id INTO seen FROM segment AS known
   WHERE known.from_at = lower_bound
     AND NOT EXISTS (SELECT FROM act_checkpoint WHERE act_checkpoint.shard_id = known.shard_id AND size > known.drop_position) LIMIT 1;
  IF FOUND THEN RETURN format('no checkpoint covers the act that drops it from shard %s', seen.shard_id); END IF;
  -- Last, so that the acts of all that goes can be sealed together.
  SELECT known.shard_id INTO seen FROM segment AS known
   WHERE known.from_at < lower_bound AND known.dropped_at IS NULL
     AND EXISTS (SELECT FROM segment AS mine WHERE mine.from_at = lower_bound AND mine.shard_id = known.shard_id) LIMIT 1;
  IF FOUND THEN RETURN format('what shard %s has before it is still there', seen.shard_id); END IF;
  RETURN NULL;
END $$;

-- Takes a partition below the horizon: from here on its events are gone for every reader. The act that says so is sealed by now.
CREATE FUNCTION raise_horizon(partition text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  bounds record;
  kept   text;
BEGIN
  SELECT * INTO bounds FROM partition_bounds(partition);
  kept := kept_because(bounds.from_at, bounds.to_at);
  IF kept IS NOT NULL THEN
    RAISE EXCEPTION '% is kept: %', partition, kept USING ERRCODE = 'IL004';
  END IF;
  UPDATE shard_head SET first_position = greatest(shard_head.first_position, known.next_position)
    FROM segment AS known
   WHERE known.shard_id = shard_head.shard_id AND known.from_at = bounds.from_at;
END $$;

-- Drops a partition that is below the horizon. `patience` is how long it may wait for the lock that keeps every append waiting behind it.
CREATE FUNCTION drop_partition(partition text, patience text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  bounds record;
BEGIN
  SELECT * INTO bounds FROM partition_bounds(partition);
  IF EXISTS (SELECT FROM segment AS known JOIN shard_head USING (shard_id)
              WHERE known.from_at = bounds.from_at AND shard_head.first_position < known.next_position) THEN
    RAISE EXCEPTION '% is not below the horizon', partition USING ERRCODE = 'IL004';
  END IF;
  PERFORM set_config('lock_timeout', patience, true);
  IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(quote_ident(partition)) AND inhdetachpending) THEN
    EXECUTE format('ALTER TABLE event DETACH PARTITION %I FINALIZE', partition);
  ELSE
    EXECUTE format('ALTER TABLE event DETACH PARTITION %I', partition);
  END IF;
  EXECUTE format('DROP TABLE %I', partition);
  PERFORM note_dropped(bounds.from_at);
END $$;

-- After the rows: what an owner detached and was kept from dropping, their tiles, and a note of when.
CREATE FUNCTION note_dropped(lower_bound timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  partition text := 'event_' || to_char(lower_bound AT TIME ZONE 'UTC', 'IYYY"w"IW');
BEGIN
  IF EXISTS (SELECT FROM segment AS known JOIN shard_head USING (shard_id)
              WHERE known.from_at = lower_bound AND shard_head.first_position < known.next_position) THEN
    RAISE EXCEPTION 'what begins at % is not below the horizon', lower_bound USING ERRCODE = 'IL004';
  END IF;
  IF EXISTS (SELECT FROM segment AS known JOIN event ON event.shard_id = known.shard_id
                      AND event.recorded_at >= known.from_at AND event.recorded_at < known.to_at
              WHERE known.from_at = lower_bound) THEN
    RAISE EXCEPTION 'events of % are still there', lower_bound USING ERRCODE = 'IL004';
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS %I', partition);
  DELETE FROM merkle_tile AS tile USING shard_head AS head, segment AS known
   WHERE known.from_at = lower_bound AND head.shard_id = known.shard_id AND tile.shard_id = head.shard_id AND tile.level = 0
     AND (tile.index + 1) * 256 <= head.first_position
     AND EXISTS (SELECT FROM merkle_tile AS above
                  WHERE above.shard_id = tile.shard_id AND above.level = 1 AND above.index = tile.index / 256);
  UPDATE segment SET dropped_at = now() WHERE from_at = lower_bound AND dropped_at IS NULL;
END $$;

-- A definer function must not be led to other tables by its caller's search_path.
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY['partition_bounds(text)', 'seal_shard(integer, timestamptz)',
                              'kept_because(timestamptz, timestamptz)', 'raise_horizon(text)', 'drop_partition(text, text)',
                              'note_dropped(timestamptz)'] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_catalog, pg_temp', made, current_schema());
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO initledger_projector', made);
  END LOOP;
END $$;
