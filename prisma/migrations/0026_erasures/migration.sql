-- Erasures to their end: what is derived from an erased body tells it until it is derived again, and whoever erases may be killed
-- before that. So the transaction that erases also writes down whose bodies went, and whoever derives reads it from there.

-- One row for each act that erased. It lies beside the read models and is never swapped with them; a row that is missing is made from the
-- act, and nothing is lost by deriving twice.
CREATE TABLE erasure (
  shard_id       integer     NOT NULL,
  position       bigint      NOT NULL,         -- of the act BodiesErased
  log            text        NOT NULL,         -- event | act_event: whose bodies went
  bodies         json        NOT NULL,         -- of which events: position, streamId, type
  erased_at      timestamptz NOT NULL DEFAULT now(),
  read_models_at timestamptz,                  -- since when the read models say nothing of it; null: they may, where observations went
  alerts_at      timestamptz,                  -- the same of alerts and their deliveries
  restated_at    timestamptz,                  -- since when what lives of it is told again, or need not be; null: its recorder has not yet
  PRIMARY KEY (shard_id, position)
);
SELECT grant_read_models('erasure');
GRANT SELECT, UPDATE (restated_at) ON erasure TO initledger_recorder;
GRANT SELECT, INSERT ON erasure TO initledger_eraser;
-- What a recorder kept of a shard goes with the bodies: it would take what was erased for known.
GRANT SELECT, DELETE ON recorder_state TO initledger_eraser;

-- As before, with all that holds words of people, and with a row of what is to be derived again. Doing it again erases nothing more. An act
-- may say that what lives is not told again.
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

-- Samples that the planner keeps of columns hold text too: they are taken anew in the transaction that derives again.
CREATE FUNCTION sample_anew() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['happening', 'pod_init', 'init_attempt', 'finding', 'kube_event', 'context', 'pod_context', 'quarantine',
                              'workload_stats', 'day_stats', 'alert', 'outbox', 'delivery'] LOOP
    EXECUTE format('ANALYZE %I.%I', current_schema(), name);
  END LOOP;
END $$;

-- A definer function must not be led to other tables by its caller's search_path.
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY['erase_bodies(integer, bigint)', 'sample_anew()'] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_catalog, pg_temp', made, current_schema());
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO initledger_projector', made);
  END LOOP;
END $$;
