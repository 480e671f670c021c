-- The hashes beside a row (0028) say nothing of a row that is gone, or that is there again as it was earlier. So the service notes once
-- more, in a table of its own, which rows there are and what their hashes are: whoever deletes, adds or brings back a row, or a whole
-- table from an older copy, leaves the two at odds. Nobody may write it; triggers do, in the statement that writes the row.

CREATE TABLE row_seal (
  shard_id integer NOT NULL,                    -- of the row; -1 where it is of none
  name     text    NOT NULL,                    -- of the table; with its schema where read models are being built, or were put aside
  key      jsonb   NOT NULL,                    -- columns of its primary key, with their values
  seals    jsonb   NOT NULL,                    -- as they stand beside the row
  PRIMARY KEY (shard_id, name, key)
) WITH (fillfactor = 70);
GRANT SELECT ON row_seal TO initledger_recorder, initledger_projector, initledger_api;

-- The columns of a table's primary key, in its order.
CREATE FUNCTION key_columns(name regclass) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT ARRAY(SELECT attname::text
                 FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
                WHERE indrelid = name AND indisprimary
                ORDER BY array_position(indkey::int[], attnum::int))
$$;

-- Which row it is, of a session in UTC.
CREATE FUNCTION row_key(columns text[], row_of jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT jsonb_object_agg(name, row_of->name) FROM unnest(columns) AS each (name)
$$;

-- The arguments are the columns of the primary key. Whoever else than the service writes leaves things as they are, and so is found.
CREATE FUNCTION note_seals() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET timezone = 'UTC' SET bytea_output = 'hex' SET extra_float_digits = 1 AS $$
DECLARE
  of_table constant text := TG_RELID::regclass::text;
  was      jsonb;
  is_now   jsonb;
BEGIN
  IF current_setting('application_name') NOT LIKE 'initledger-%' THEN
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    was := row_key(TG_ARGV, to_jsonb(OLD));
  END IF;
  IF TG_OP <> 'DELETE' THEN
    is_now := row_key(TG_ARGV, to_jsonb(NEW));
  END IF;
  IF was IS DISTINCT FROM is_now AND was IS NOT NULL THEN
    DELETE FROM row_seal
     WHERE shard_id = coalesce((was->>'shard_id')::integer, -1) AND name = of_table AND key = was;
  END IF;
  IF is_now IS NOT NULL AND NEW.seals IS NOT NULL THEN
    INSERT INTO row_seal AS known (shard_id, name, key, seals)
    VALUES (coalesce((is_now->>'shard_id')::integer, -1), of_table, is_now, NEW.seals)
    ON CONFLICT (shard_id, name, key) DO UPDATE SET seals = excluded.seals;
  END IF;
  RETURN NULL;
END $$;

-- Notes the rows of a sealed table as they stand.
CREATE FUNCTION note_rows(name regclass) RETURNS void LANGUAGE plpgsql
SET timezone = 'UTC' SET bytea_output = 'hex' SET extra_float_digits = 1 AS $$
BEGIN
  DELETE FROM row_seal WHERE row_seal.name = note_rows.name::text;
  EXECUTE format(
    'INSERT INTO row_seal (shard_id, name, key, seals)
     SELECT coalesce((key->>''shard_id'')::integer, -1), $2, key, seals
       FROM (SELECT row_key($1, to_jsonb(kept)) AS key, seals FROM %s AS kept WHERE seals IS NOT NULL) AS there', name)
    USING key_columns(name), name::text;
END $$;

-- From now on the rows of a sealed table are noted: for migrations that make a table sealed.
CREATE FUNCTION note_table(name regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  columns constant text := (SELECT string_agg(quote_literal(each), ', ') FROM unnest(key_columns(name)) AS each);
BEGIN
  EXECUTE format('CREATE TRIGGER note_row AFTER INSERT OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION note_seals(%s)', name, columns);
  EXECUTE format('CREATE TRIGGER note_change AFTER UPDATE ON %s FOR EACH ROW WHEN (OLD.seals IS DISTINCT FROM NEW.seals)
                    EXECUTE FUNCTION note_seals(%s)', name, columns);
  PERFORM note_rows(name);
END $$;

-- As before, and notes the rows once more.
CREATE OR REPLACE FUNCTION seal_rows(name regclass) RETURNS void LANGUAGE plpgsql
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
  PERFORM note_rows(name);
END $$;

-- As before; what is noted of a table goes with it.
CREATE OR REPLACE FUNCTION move_read_model(name text, from_place text, to_place text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  moved constant regclass := format('%I.%I', read_model_schema(from_place), name)::regclass;
  known constant text := moved::text;
BEGIN
  IF from_place <> 'current' THEN
    PERFORM read_model_schema(from_place);
  ELSE
    PERFORM assert_read_model(name);
  END IF;
  EXECUTE format('ALTER TABLE %I.%I SET SCHEMA %I', read_model_schema(from_place), name, read_model_schema(to_place));
  UPDATE row_seal SET name = moved::text WHERE row_seal.name = known;
END $$;

CREATE OR REPLACE FUNCTION drop_read_model(name text, place text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  dropped constant regclass := to_regclass(format('%I.%I', read_model_schema(place), name));
BEGIN
  IF place = 'current' THEN
    RAISE EXCEPTION 'read models in force are not dropped';
  END IF;
  DELETE FROM row_seal WHERE row_seal.name = dropped::text;
  EXECUTE format('DROP TABLE IF EXISTS %I.%I', read_model_schema(place), name);
END $$;

REVOKE EXECUTE ON FUNCTION key_columns(regclass), row_key(text[], jsonb), note_seals(), note_rows(regclass), note_table(regclass) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION key_columns(regclass), row_key(text[], jsonb) TO initledger_recorder, initledger_projector, initledger_api;

DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY['key_columns(regclass)', 'row_key(text[], jsonb)', 'note_seals()', 'note_rows(regclass)', 'note_table(regclass)',
                              'seal_rows(regclass)', 'move_read_model(text, text, text)', 'drop_read_model(text, text)'] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_catalog, pg_temp', made, current_schema());
  END LOOP;
  FOR made IN SELECT sealed::text FROM sealed_tables() LOOP
    PERFORM note_table(made::regclass);
  END LOOP;
END $$;
