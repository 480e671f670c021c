-- What was told of weeks that go. Rows of read models whose evidence is gone stay as they are: they are frozen, with the rules that read
-- them, and every rebuild takes them over. Both tables are read models: they belong to those that they lie beside, and are swapped with them.

-- Positions [from_position, to_position) of a shard of which the evidence is gone, or about to go, and by what they were read.
CREATE TABLE frozen_span (
  shard_id      integer     NOT NULL,
  from_position bigint      NOT NULL,
  to_position   bigint      NOT NULL,          -- the horizon that this span ends at
  name          text        NOT NULL,          -- of the projection
  rules         text        NOT NULL,
  done_to       uuid,                          -- up to which stream its pods are kept; null before the first
  frozen_at     timestamptz,                   -- null as long as pods are still missing
  is_passed     boolean     NOT NULL DEFAULT false, -- the horizon has risen beyond it, and what was kept of pods as of here is gone
  PRIMARY KEY (shard_id, to_position)
);

-- What is known of a pod as of the last position below a horizon: what a fold of the rest begins with. Kept of those that may still be moved.
CREATE TABLE pod_seed (
  shard_id        integer  NOT NULL,
  horizon         bigint   NOT NULL,           -- all below it is in the seed
  stream_id       uuid     NOT NULL,           -- a pod, or a static pod of which no mirror was seen yet
  rules           text     NOT NULL,           -- that read it
  history_version smallint NOT NULL,           -- of the shape of its history
  fold            json,                        -- of a pod
  early           json,                        -- of a static pod: the Events that its first mirror begins with
  PRIMARY KEY (shard_id, horizon, stream_id)
);
SELECT grant_read_models('frozen_span', 'pod_seed');

-- What still keeps a partition from being dropped, in words; null where nothing does. `awaits_seal`: it is only that the act that drops
-- it is not there, or not sealed. `awaits_freezing`: read models were told from it that are not frozen up to its end.
DROP FUNCTION kept_because(timestamptz, timestamptz);
CREATE FUNCTION kept_because(lower_bound timestamptz, upper_bound timestamptz, OUT kept text, OUT awaits_seal boolean,
                             OUT awaits_freezing boolean)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  seen record;
BEGIN
  awaits_seal := false;
  awaits_freezing := false;
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
  SELECT known.shard_id INTO seen
    FROM segment AS known
    JOIN projection_bookmark AS marked ON marked.shard_id = known.shard_id
   WHERE known.from_at = lower_bound
     AND (EXISTS (SELECT FROM happening AS told WHERE told.shard_id = known.shard_id AND told.position < known.next_position)
          OR EXISTS (SELECT FROM kube_event AS told WHERE told.shard_id = known.shard_id AND told.position < known.next_position)
          OR EXISTS (SELECT FROM gap AS told WHERE told.shard_id = known.shard_id AND told.position < known.next_position)
          OR EXISTS (SELECT FROM context AS told WHERE told.shard_id = known.shard_id AND told.position < known.next_position))
     AND NOT EXISTS (SELECT FROM frozen_span AS frozen
                      WHERE frozen.shard_id = known.shard_id AND frozen.to_position = known.next_position AND frozen.frozen_at IS NOT NULL)
   LIMIT 1;
  IF FOUND THEN
    kept := format('what was told of shard %s is not frozen up to its end yet: its projector does that', seen.shard_id);
    awaits_freezing := true;
    RETURN;
  END IF;
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

-- Takes a partition below the horizon: from here on its events are gone for every reader. The act that says so is sealed by now. The read
-- models that were frozen for it are held meanwhile: neither an erasure nor a takeover comes between.
CREATE OR REPLACE FUNCTION raise_horizon(partition text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  bounds record;
  why    record;
BEGIN
  SELECT * INTO bounds FROM partition_bounds(partition);
  PERFORM FROM projection_bookmark
    WHERE shard_id IN (SELECT shard_id FROM segment WHERE from_at = bounds.from_at)
    ORDER BY shard_id, name FOR SHARE;
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
