-- What still keeps a partition from being dropped, in words; null where nothing does. `awaits_seal`: it is only that the act that drops
-- it is not there, or not sealed.
DROP FUNCTION kept_because(timestamptz, timestamptz);
CREATE FUNCTION kept_because(lower_bound timestamptz, upper_bound timestamptz, OUT kept text, OUT awaits_seal boolean)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  seen record;
BEGIN
  awaits_seal := false;
  SELECT shard_id INTO seen FROM shard_head WHERE sealed_until < upper_bound ORDER BY 1 LIMIT 1;
  IF FOUND THEN kept := format('shard %s is not sealed up to its end', seen.shard_id); RETURN; END IF;
  SELECT reason INTO seen FROM legal_hold WHERE released_at IS NULL AND from_at < upper_bound AND to_at > lower_bound LIMIT 1;
  IF FOUND THEN kept := format('it is held: %s', seen.reason); RETURN; END IF;
  SELECT head.shard_id INTO seen
    FROM shard_head AS head
    LEFT JOIN segment AS known ON known.shard_id = head.shard_id AND known.from_at = lower_bound
   WHERE known.shard_id IS NULL
     AND EXISTS (SELECT FROM event WHERE event.shard_id = head.shard_id AND recorded_at >= lower_bound AND recorded_at < upper_bound)
   LIMIT 1;
  IF FOUND THEN kept := format('what shard %s has in it is not sealed', seen.shard_id); RETURN; END IF;
  -- Of a cluster that nobody has seen for a day nobody can say what lives in it.
  SELECT known.shard_id INTO seen
    FROM segment AS known
    JOIN shard ON shard.shard_id = known.shard_id
    LEFT JOIN restated ON restated.shard_id = known.shard_id
   WHERE known.from_at = lower_bound AND shard.source <> 'recording' AND shard.seen_at > now() - interval '1 day'
     AND coalesce(restated.up_to, 0) < known.next_position LIMIT 1;
  IF FOUND THEN kept := format('what lives in shard %s is not told in full after it yet: its recorder does that', seen.shard_id); RETURN; END IF;
  SELECT known.shard_id, marked.name INTO seen
    FROM segment AS known
    JOIN projection_bookmark AS marked ON marked.shard_id = known.shard_id AND marked.position < known.next_position - 1
   WHERE known.from_at = lower_bound LIMIT 1;
  IF FOUND THEN kept := format('%s has not read shard %s up to its end', seen.name, seen.shard_id); RETURN; END IF;
  SELECT known.shard_id INTO seen FROM segment AS known
   WHERE known.from_at = lower_bound
     AND NOT EXISTS (SELECT FROM checkpoint WHERE checkpoint.shard_id = known.shard_id AND size >= known.next_position) LIMIT 1;
  IF FOUND THEN kept := format('no checkpoint of shard %s covers it', seen.shard_id); RETURN; END IF;
  SELECT known.shard_id INTO seen FROM segment AS known
   WHERE known.from_at = lower_bound
     AND NOT EXISTS (SELECT FROM act_checkpoint WHERE act_checkpoint.shard_id = known.shard_id AND size > known.drop_position) LIMIT 1;
  IF FOUND THEN
    kept := format('no checkpoint covers the act that drops it from shard %s', seen.shard_id);
    awaits_seal := true;
    RETURN;
  END IF;
  -- Last, so that the acts of all that goes can be sealed together.
  SELECT known.shard_id INTO seen FROM segment AS known
   WHERE known.from_at < lower_bound AND known.dropped_at IS NULL
     AND EXISTS (SELECT FROM segment AS mine WHERE mine.from_at = lower_bound AND mine.shard_id = known.shard_id) LIMIT 1;
  IF FOUND THEN kept := format('what shard %s has before it is still there', seen.shard_id); RETURN; END IF;
END $$;

-- Takes a partition below the horizon: from here on its events are gone for every reader. The act that says so is sealed by now.
CREATE OR REPLACE FUNCTION raise_horizon(partition text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  bounds record;
  why    record;
BEGIN
  SELECT * INTO bounds FROM partition_bounds(partition);
  SELECT * INTO why FROM kept_because(bounds.from_at, bounds.to_at);
  IF why.kept IS NOT NULL THEN
    RAISE EXCEPTION '% is kept: %', partition, why.kept USING ERRCODE = 'IL004';
  END IF;
  UPDATE shard_head SET first_position = greatest(shard_head.first_position, known.next_position)
    FROM segment AS known
   WHERE known.shard_id = shard_head.shard_id AND known.from_at = bounds.from_at;
END $$;

-- A definer function must not be led to other tables by its caller's search_path.
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY['kept_because(timestamptz, timestamptz)', 'raise_horizon(text)'] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_catalog, pg_temp', made, current_schema());
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO initledger_projector', made);
  END LOOP;
END $$;
