-- Rows that are no events say nothing that a tree holds: heads, shards, positions of watches, checkpoints, segments, holds, bookmarks,
-- leases, alerts and what is sent of them. So that a change of theirs behind the service's back shows, each keeps a hash of every column,
-- written in the statement that writes the row, by sessions of the service alone. They are no proof against who can write like the
-- service; they name the table, the row and the column that somebody else touched.

-- The hash of each column of a row, but of those in `but`; null where the column is. `row_of` is of a session in UTC.
CREATE FUNCTION column_seals(but text[], row_of json) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT jsonb_object_agg(key, left(encode(sha256(convert_to(key || ' ' || value, 'UTF8')), 'hex'), 16))
    FROM json_each_text(row_of)
   WHERE key <> 'seals' AND key <> ALL (but)
$$;

-- The arguments name columns that are not sealed, because they move with every append and are held against the log itself.
CREATE FUNCTION keep_seals() RETURNS trigger LANGUAGE plpgsql
SET timezone = 'UTC' SET bytea_output = 'hex' SET extra_float_digits = 1 AS $$
DECLARE
  but    text[] := coalesce(TG_ARGV, '{}');
  before jsonb;
  broken jsonb;
BEGIN
  -- Whoever else writes leaves the seals as they are, and so is found.
  IF current_setting('application_name') NOT LIKE 'initledger-%' THEN
    RETURN NEW;
  END IF;
  -- A row that nobody of ours made stays without. To seal one anew as it stands, set its seals to '{}'.
  IF TG_OP = 'UPDATE' AND NEW.seals IS NOT DISTINCT FROM OLD.seals THEN
    IF OLD.seals IS NULL THEN
      RETURN NEW;
    END IF;
    before := column_seals(but, row_to_json(OLD));
    IF before <> OLD.seals THEN
      -- What is broken stays broken, whatever is written later.
      SELECT jsonb_object_agg(key, value) INTO broken
        FROM jsonb_each(OLD.seals) WHERE value IS DISTINCT FROM before->key;
    END IF;
  END IF;
  NEW.seals := column_seals(but, row_to_json(NEW)) || coalesce(broken, '{}');
  RETURN NEW;
END $$;

-- Which tables are sealed, and which of their columns are not.
CREATE FUNCTION sealed_tables(OUT sealed regclass, OUT but text[]) RETURNS SETOF record LANGUAGE sql STABLE AS $$
  SELECT tgrelid::regclass, array_remove(string_to_array(encode(tgargs, 'escape'), '\000'), '')
    FROM pg_trigger
   WHERE tgname = 'keep_seals' AND NOT tgisinternal
     AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)
   ORDER BY tgrelid::regclass::text
$$;

-- Seals the rows of a table as they stand: for migrations that make a table sealed, or add a column to one.
CREATE FUNCTION seal_rows(name regclass) RETURNS void LANGUAGE plpgsql
SET timezone = 'UTC' SET bytea_output = 'hex' SET extra_float_digits = 1 SET session_replication_role = 'origin' AS $$
DECLARE
  guard record;
BEGIN
  FOR guard IN SELECT tgname FROM pg_trigger WHERE tgrelid = name AND NOT tgisinternal LOOP
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', name, guard.tgname);
  END LOOP;
  EXECUTE format('UPDATE %s AS kept SET seals = column_seals($1, row_to_json(kept))', name)
    USING (SELECT but FROM sealed_tables() WHERE sealed = name);
  FOR guard IN SELECT tgname FROM pg_trigger WHERE tgrelid = name AND NOT tgisinternal LOOP
    EXECUTE format('ALTER TABLE %s ENABLE TRIGGER %I', name, guard.tgname);
  END LOOP;
END $$;

REVOKE EXECUTE ON FUNCTION column_seals(text[], json), keep_seals(), sealed_tables(), seal_rows(regclass) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION column_seals(text[], json), sealed_tables() TO initledger_recorder, initledger_projector, initledger_api, initledger_eraser;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['column_seals(text[], json)', 'keep_seals()', 'sealed_tables()', 'seal_rows(regclass)'] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_catalog, pg_temp', name, current_schema());
  END LOOP;
  FOREACH name IN ARRAY ARRAY['shard', 'watch_position', 'checkpoint', 'act_checkpoint', 'checkpoint_key', 'act_checkpoint_key',
                              'segment', 'restated', 'legal_hold', 'projection_bookmark', 'projection_lease', 'quarantine', 'takeover',
                              'alert_bookmark', 'alert', 'outbox', 'delivery', 'erasure', '_prisma_migrations'] LOOP
    EXECUTE format('ALTER TABLE %I ADD COLUMN seals jsonb', name);
    EXECUTE format('CREATE TRIGGER keep_seals BEFORE INSERT OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION keep_seals()', name);
    PERFORM seal_rows(name::regclass);
  END LOOP;
  -- An append moves size and recorded_at alone, and pays nothing.
  FOREACH name IN ARRAY ARRAY['shard_head', 'act_head'] LOOP
    EXECUTE format('ALTER TABLE %I ADD COLUMN seals jsonb', name);
    EXECUTE format('CREATE TRIGGER keep_seals BEFORE INSERT OR UPDATE OF shard_id, epoch, watch_epoch, first_position, sealed_until, seals
                      ON %I FOR EACH ROW EXECUTE FUNCTION keep_seals(''size'', ''recorded_at'')', name);
    PERFORM seal_rows(name::regclass);
  END LOOP;
END $$;

-- As before, and with the triggers of the table in force: bookmarks and parked streams are sealed wherever they are built.
CREATE OR REPLACE FUNCTION begin_read_model(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  template text := format('%I.%I', current_schema(), name);
  made     text := format('%I.%I', read_model_schema('next'), name);
  part     record;
BEGIN
  PERFORM assert_read_model(name);
  EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL EXCLUDING INDEXES)', made, template);
  FOR part IN SELECT conname, pg_get_constraintdef(oid) AS def FROM pg_constraint
               WHERE conrelid = template::regclass AND contype = 'p' LOOP
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', made, part.conname, part.def);
  END LOOP;
  FOR part IN SELECT unnest(reloptions) AS option FROM pg_class WHERE oid = template::regclass LOOP
    EXECUTE format('ALTER TABLE %s SET (%s)', made, part.option);
  END LOOP;
  FOR part IN SELECT pg_get_triggerdef(oid) AS def FROM pg_trigger WHERE tgrelid = template::regclass AND NOT tgisinternal LOOP
    EXECUTE replace(part.def, format(' ON %s ', template), format(' ON %s ', made));
  END LOOP;
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON %s TO initledger_projector', made);
  EXECUTE format('GRANT SELECT ON %s TO initledger_api', made);
END $$;
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION begin_read_model(text) SET search_path = %I, pg_catalog, pg_temp', current_schema());
END $$;
