-- Import of archives. The projector lays what it proved beside the log, and one function takes it in, under an act that says so.

-- What a log that begins with this segment had before it: of each level from the leaves up, the hashes of the tile in which it ended.
ALTER TABLE segment ADD COLUMN before_hashes bytea[];

-- Events and tiles that are about to be taken in. Emptied with each import, and after a crash.
CREATE UNLOGGED TABLE import_event (
  shard_id    integer     NOT NULL,
  position    bigint      NOT NULL,
  recorded_at timestamptz NOT NULL,
  stream_id   uuid        NOT NULL,
  event_id    uuid        NOT NULL,
  type        text        NOT NULL,
  schema_ver  smallint    NOT NULL,
  salt        bytea,
  body        json,
  body_digest bytea,
  PRIMARY KEY (shard_id, position),
  CHECK ((body IS NULL) = (salt IS NULL) AND (body IS NULL) = (body_digest IS NOT NULL))
);
CREATE UNLOGGED TABLE import_tile (
  shard_id integer  NOT NULL,
  level    smallint NOT NULL,
  index    bigint   NOT NULL,
  hashes   bytea    NOT NULL CHECK (length(hashes) = 8192),
  PRIMARY KEY (shard_id, level, index)
);
GRANT SELECT, INSERT, DELETE ON import_event, import_tile TO initledger_projector;
GRANT SELECT ON import_event, import_tile TO initledger_api;

-- Registers the shard of a log that is not here, closed: what its archives hold was recorded elsewhere, and another recorder must not go
-- on with it. Where it is here already, it must be the same.
CREATE FUNCTION begin_import(number integer, description json) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7411002); -- as registering does
  INSERT INTO shard (shard_id, origin, cluster_uid, cluster_name, source, identity, slice, slices, generation, predecessors, slice_cuts, seen_at, closed_at)
  SELECT number, description->>'origin', description->>'clusterUid', description->>'clusterName', description->>'source', description->>'identity',
         (description->>'slice')::integer, (description->>'slices')::integer, (description->>'generation')::integer,
         ARRAY(SELECT json_array_elements_text(description->'predecessors')::integer),
         CASE WHEN json_typeof(description->'cuts') = 'array' THEN ARRAY(SELECT json_array_elements_text(description->'cuts')) END,
         (description->>'closedAt')::timestamptz, (description->>'closedAt')::timestamptz
   WHERE NOT EXISTS (SELECT FROM shard AS known WHERE known.shard_id = number);
  IF NOT EXISTS (SELECT FROM shard AS known WHERE known.shard_id = number AND known.origin = description->>'origin'
                    AND known.cluster_uid = description->>'clusterUid') THEN
    RAISE EXCEPTION 'shard % is that of another cluster', number USING ERRCODE = 'IL005';
  END IF;
  INSERT INTO shard_head (shard_id, epoch, size, recorded_at)
  SELECT number, 0, 0, 'epoch' WHERE NOT EXISTS (SELECT FROM shard_head WHERE shard_id = number);
END $$;

-- Takes in what the act at `act_position` names and the log does not have: what lies below its horizon, above its end, or all of it. Raises,
-- and takes in nothing, unless what is then there has the leaves that the act names, and, where the week was dropped here, those that went.
-- `evidence`: what goes with it into `segment`, `checkpoint` and `checkpoint_key`. Answers how many events came.
CREATE FUNCTION import_segment(number integer, act_position bigint, evidence json) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  act     json;
  head    record;
  known   record;
  there   record;
  lower   bigint;
  upper   bigint;
  begins  boolean;
  since   timestamptz;
  until   timestamptz;
  count   bigint;
BEGIN
  SELECT body INTO act FROM act_event WHERE act_event.shard_id = number AND position = act_position AND type = 'SegmentImported';
  IF act IS NULL THEN
    RAISE EXCEPTION 'act % of shard % imports nothing', act_position, number USING ERRCODE = 'IL005';
  END IF;
  lower := (act->>'from')::bigint;
  upper := (act->>'to')::bigint;
  since := (act->>'fromAt')::timestamptz;
  until := (act->>'toAt')::timestamptz;
  SELECT first_position, size, epoch INTO head FROM shard_head WHERE shard_head.shard_id = number;
  begins := head.size = 0;
  IF NOT begins AND (upper < head.first_position OR lower > head.size) THEN
    RAISE EXCEPTION 'shard % has events % to %, which do not touch those', number, head.first_position, head.size - 1 USING ERRCODE = 'IL005';
  END IF;
  PERFORM make_partition('event', since);
  INSERT INTO event (shard_id, position, recorded_at, stream_id, event_id, type, schema_ver, salt, body, body_digest)
  SELECT shard_id, position, recorded_at, stream_id, event_id, type, schema_ver, salt, body, body_digest
    FROM import_event AS new
   WHERE new.shard_id = number AND position >= lower AND position < upper AND recorded_at >= since AND recorded_at < until
     AND (begins OR position < head.first_position OR position >= head.size);
  GET DIAGNOSTICS count = ROW_COUNT;

  SELECT first_position, next_position, leaves_digest, dropped_at INTO known FROM segment WHERE segment.shard_id = number AND from_at = since;
  SELECT count(*) AS events, max(recorded_at) AS recorded_at, sha256(string_agg(sha256('\x00'::bytea || convert_to(
           '{"v":1,"i":' || position || ',"s":"' || stream_id || '","e":"' || event_id || '","t":' || to_json(type)::text || ',"sv":' || schema_ver
           || ',"r":"' || to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '","h":"'
           || encode(coalesce(body_digest, sha256(salt || convert_to(body::text, 'UTF8'))), 'hex') || '"}', 'UTF8')), ''::bytea ORDER BY position)) AS leaves
    INTO there
    FROM event
   WHERE event.shard_id = number AND position >= lower AND position < upper AND recorded_at >= since AND recorded_at < until;
  IF there.events <> upper - lower OR there.leaves <> coalesce(known.leaves_digest, decode(act->>'leaves', 'hex'))
     OR there.leaves <> decode(act->>'leaves', 'hex')
     OR (known.first_position IS NOT NULL AND (known.first_position, known.next_position) <> (lower, upper)) THEN
    RAISE EXCEPTION 'what was given is not what the act, or the log, says of it' USING ERRCODE = 'IL005';
  END IF;

  INSERT INTO merkle_tile (shard_id, level, index, hashes)
  SELECT shard_id, level, index, hashes FROM import_tile AS new
   WHERE new.shard_id = number AND (index + 1) * (256 ^ (level + 1))::numeric > lower AND (index + 1) * (256 ^ (level + 1))::numeric <= upper
  ON CONFLICT DO NOTHING;
  INSERT INTO segment (shard_id, from_at, to_at, first_position, next_position, leaves_digest, edge_leaves, archive_digest, before_hashes)
  VALUES (number, since, until, lower, upper, there.leaves, decode(evidence->>'edge', 'hex'), decode(act->>'archive', 'hex'),
          ARRAY(SELECT decode(hashes, 'hex') FROM json_array_elements_text(evidence->'before') WITH ORDINALITY AS each (hashes, nth) ORDER BY nth))
  ON CONFLICT (shard_id, from_at) DO UPDATE
    SET archive_digest = excluded.archive_digest, before_hashes = excluded.before_hashes, due_at = NULL, drop_position = NULL, dropped_at = NULL;
  -- Who follows or writes the log meanwhile waits for the rest alone.
  UPDATE shard_head
     SET first_position = CASE WHEN begins THEN lower ELSE least(first_position, lower) END,
         size = greatest(size, upper),
         recorded_at = greatest(recorded_at, there.recorded_at),
         sealed_until = greatest(sealed_until, until),
         epoch = epoch + CASE WHEN upper > size THEN 1 ELSE 0 END
   WHERE shard_head.shard_id = number AND first_position = head.first_position
     AND (upper <= head.size OR (size = head.size AND epoch = head.epoch));
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the log of shard % changed meanwhile', number USING ERRCODE = 'IL005';
  END IF;
  UPDATE shard SET closed_at = greatest(closed_at, there.recorded_at) WHERE shard.shard_id = number AND closed_at IS NOT NULL AND upper > head.size;
  INSERT INTO checkpoint_key (shard_id, vkey)
  SELECT number, vkey FROM json_array_elements_text(evidence->'keys') AS each (vkey) ON CONFLICT DO NOTHING;
  INSERT INTO checkpoint (shard_id, size, root, note)
  SELECT number, (said->>'size')::bigint, decode(said->>'root', 'hex'), said->>'note'
    FROM json_array_elements(evidence->'checkpoints') AS each (said)
   WHERE (said->>'size')::bigint <= greatest(head.size, upper)
  ON CONFLICT DO NOTHING;
  DELETE FROM import_event AS new WHERE new.shard_id = number;
  DELETE FROM import_tile AS new WHERE new.shard_id = number;
  RETURN count;
END $$;

-- A definer function must not be led to other tables by its caller's search_path.
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY['begin_import(integer, json)', 'import_segment(integer, bigint, json)'] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_catalog, pg_temp', made, current_schema());
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO initledger_projector', made);
  END LOOP;
END $$;
