-- What lives and was erased is told again by its recorder, unless it is to stay away.
ALTER TABLE erasure ADD COLUMN restated_at timestamptz; -- since when what lives of it is told again, or need not be; null: its recorder has not yet
GRANT UPDATE (restated_at) ON erasure TO initledger_recorder;

-- As before. An act may say that what lives is not told again.
CREATE OR REPLACE FUNCTION erase_bodies(shard integer, act_position bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  act    json;
  wanted bigint[];
  seen   record;
  gone   json;
  count  bigint;
BEGIN
  SELECT body INTO act FROM act_event WHERE shard_id = shard AND position = act_position AND type = 'BodiesErased';
  IF act IS NULL OR act->>'log' NOT IN ('event', 'act_event') THEN
    RAISE EXCEPTION 'act % of shard % erases nothing', act_position, shard USING ERRCODE = 'IL004';
  END IF;
  wanted := ARRAY(SELECT json_array_elements_text(act->'positions')::bigint);
  -- What is left is how the log itself came about, and what was done to it: without that nobody could tell what is missing, and why.
  EXECUTE format('SELECT position, type FROM %I WHERE shard_id = $1 AND position = ANY ($2) AND type <> ALL ($3) LIMIT 1', act->>'log')
     INTO seen USING shard, wanted, ARRAY['PodObserved', 'PodGone', 'KubeEventObserved', 'InitLogCaptured', 'NodeObserved',
                                          'OwnerObserved', 'NamespaceObserved', 'AlertFired', 'AlertResolved'];
  IF seen.position IS NOT NULL THEN
    RAISE EXCEPTION 'event % is a %, which is not erased', seen.position, seen.type USING ERRCODE = 'IL004';
  END IF;
  EXECUTE format('SELECT known.position, hold.reason FROM %I AS known JOIN legal_hold AS hold ON hold.shard_id = known.shard_id
                     AND hold.released_at IS NULL AND known.recorded_at >= hold.from_at AND known.recorded_at < hold.to_at
                   WHERE known.shard_id = $1 AND known.position = ANY ($2) AND known.body IS NOT NULL LIMIT 1', act->>'log')
     INTO seen USING shard, wanted;
  IF seen.position IS NOT NULL THEN
    RAISE EXCEPTION 'event % is held: %', seen.position, seen.reason USING ERRCODE = 'IL004';
  END IF;
  EXECUTE format('UPDATE %I SET body = NULL, salt = NULL, body_digest = sha256(salt || convert_to(body::text, ''UTF8''))
                   WHERE shard_id = $1 AND position = ANY ($2) AND body IS NOT NULL', act->>'log') USING shard, wanted;
  GET DIAGNOSTICS count = ROW_COUNT;
  EXECUTE format('SELECT coalesce(json_agg(json_build_object(''position'', position, ''streamId'', stream_id, ''type'', type)
                                           ORDER BY position), ''[]'')
                    FROM %I WHERE shard_id = $1 AND position = ANY ($2)', act->>'log')
     INTO gone USING shard, wanted;
  INSERT INTO erasure (shard_id, position, log, bodies, restated_at)
  VALUES (shard, act_position, act->>'log', gone,
          CASE WHEN act->>'log' <> 'event' OR (act->>'stayAway')::boolean THEN now() END)
  ON CONFLICT DO NOTHING;
  IF act->>'log' = 'event' THEN
    DELETE FROM recorder_state WHERE shard_id = shard;
  END IF;
  RETURN count;
END $$;

-- A definer function must not be led to other tables by its caller's search_path.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION erase_bodies(integer, bigint) SET search_path = %I, pg_catalog, pg_temp', current_schema());
END $$;
