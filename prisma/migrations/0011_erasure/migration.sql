-- Erasure of bodies. A role of its own may change a row of a log, in one way: what it said goes, and the digest that its leaf is made of
-- stays, so that every proof holds. Nobody logs in as it, and nobody is a member: one function acts as it, after an act that says so.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'initledger_eraser') THEN
    BEGIN
      EXECUTE 'CREATE ROLE initledger_eraser NOLOGIN';
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL; -- roles belong to the server: another database's migration came first
    END;
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO initledger_eraser', current_schema());
END $$;
GRANT SELECT, UPDATE (body, salt, body_digest) ON event, act_event TO initledger_eraser;
GRANT SELECT ON legal_hold TO initledger_eraser;

CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND current_user = 'initledger_eraser'
     AND NEW.body IS NULL AND NEW.salt IS NULL AND OLD.body IS NOT NULL
     AND NEW.body_digest = sha256(OLD.salt || convert_to(OLD.body::text, 'UTF8'))
     AND (NEW.shard_id, NEW.position, NEW.recorded_at, NEW.stream_id, NEW.event_id, NEW.type, NEW.schema_ver)
       = (OLD.shard_id, OLD.position, OLD.recorded_at, OLD.stream_id, OLD.event_id, OLD.type, OLD.schema_ver) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'IL002';
END $$;
REVOKE EXECUTE ON FUNCTION refuse_event_change() FROM PUBLIC;
DROP TRIGGER append_only ON event;
DROP TRIGGER append_only ON act_event;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON act_event FOR EACH ROW EXECUTE FUNCTION refuse_event_change();

-- Erases what the act at `act_position` names, and how many bodies that were. Doing it again erases nothing more.
CREATE FUNCTION erase_bodies(shard integer, act_position bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  act    json;
  wanted bigint[];
  seen   record;
  count  bigint;
BEGIN
  SELECT body INTO act FROM act_event WHERE shard_id = shard AND position = act_position AND type = 'BodiesErased';
  IF act IS NULL OR act->>'log' NOT IN ('event', 'act_event') THEN
    RAISE EXCEPTION 'act % of shard % erases nothing', act_position, shard USING ERRCODE = 'IL004';
  END IF;
  wanted := ARRAY(SELECT json_array_elements_text(act->'positions')::bigint);
  -- Of pods and alerts alone: what is left is how the log itself came about, and what was done to it.
  EXECUTE format('SELECT position, type FROM %I WHERE shard_id = $1 AND position = ANY ($2) AND type <> ALL ($3) LIMIT 1', act->>'log')
     INTO seen USING shard, wanted, ARRAY['PodObserved', 'PodGone', 'KubeEventObserved', 'InitLogCaptured', 'AlertFired', 'AlertResolved'];
  IF seen.position IS NOT NULL THEN
    RAISE EXCEPTION 'event % is a %, which is not erased', seen.position, seen.type USING ERRCODE = 'IL004';
  END IF;
  EXECUTE format('SELECT known.position, hold.reason FROM %I AS known JOIN legal_hold AS hold ON hold.shard_id = known.shard_id
                     AND hold.released_at IS NULL AND known.recorded_at >= hold.from_at AND known.recorded_at < hold.to_at
                   WHERE known.shard_id = $1 AND known.position = ANY ($2) LIMIT 1', act->>'log')
     INTO seen USING shard, wanted;
  IF seen.position IS NOT NULL THEN
    RAISE EXCEPTION 'event % is held: %', seen.position, seen.reason USING ERRCODE = 'IL004';
  END IF;
  EXECUTE format('UPDATE %I SET body = NULL, salt = NULL, body_digest = sha256(salt || convert_to(body::text, ''UTF8''))
                   WHERE shard_id = $1 AND position = ANY ($2) AND body IS NOT NULL', act->>'log') USING shard, wanted;
  GET DIAGNOSTICS count = ROW_COUNT;
  RETURN count;
END $$;

DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION erase_bodies(integer, bigint) SET search_path = %I, pg_catalog, pg_temp', current_schema());
  -- To give a function away one must be able to act as the other, and that one to make functions here: for this moment alone.
  EXECUTE format('GRANT CREATE ON SCHEMA %I TO initledger_eraser', current_schema());
  BEGIN
    GRANT initledger_eraser TO CURRENT_USER;
  EXCEPTION WHEN insufficient_privilege THEN
    NULL; -- who made the role has granted it already, or what follows says that he must
  END;
  EXECUTE 'ALTER FUNCTION erase_bodies(integer, bigint) OWNER TO initledger_eraser';
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM initledger_eraser', current_schema());
END $$;
REVOKE EXECUTE ON FUNCTION erase_bodies(integer, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_bodies(integer, bigint) TO initledger_projector;
