-- Read models of other rules are built beside those in force, in tables of the same names in a schema of their own, and take their
-- place in one transaction. So every question names one table, and what answers it is in force. `next` is being built, `former` was in
-- force before: both are usually empty.
DO $$
DECLARE
  place text;
BEGIN
  FOREACH place IN ARRAY ARRAY['next', 'former'] LOOP
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', current_schema() || '_' || place);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO initledger_projector', current_schema() || '_' || place);
  END LOOP;
END $$;

-- Which rules took over from which, when, and what then differed.
CREATE TABLE takeover (
  shard_id        integer     NOT NULL,
  taken_at        timestamptz NOT NULL,
  name            text        NOT NULL,         -- of the projection, with the version of its rows
  from_rules      text        NOT NULL,
  to_rules        text        NOT NULL,
  position        bigint      NOT NULL,         -- up to which the two were compared
  pods_before     bigint      NOT NULL,
  pods_after      bigint      NOT NULL,
  attempts_before bigint      NOT NULL,
  attempts_after  bigint      NOT NULL,
  pods_differing  bigint      NOT NULL,
  PRIMARY KEY (shard_id, taken_at)
);
SELECT grant_read_models('takeover');

-- The schema of a place: `current` is the one of these functions, to which their search_path is bound.
CREATE FUNCTION read_model_schema(place text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF place NOT IN ('current', 'next', 'former') THEN
    RAISE EXCEPTION 'there are no % read models', place;
  END IF;
  RETURN CASE place WHEN 'current' THEN current_schema() ELSE current_schema() || '_' || place END;
END $$;

-- A projector may not create tables. It may have these made, moved and dropped: tables that it may empty anyway, and no others.
CREATE FUNCTION assert_read_model(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass(format('%I.%I', current_schema(), name)) IS NULL
     OR NOT has_table_privilege('initledger_projector', format('%I.%I', current_schema(), name), 'TRUNCATE') THEN
    RAISE EXCEPTION '% is no read model', name;
  END IF;
END $$;

-- An empty table beside the one in force, with its columns and primary key; the other indexes are made by index_read_model.
CREATE FUNCTION begin_read_model(name text) RETURNS void
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
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON %s TO initledger_projector', made);
  EXECUTE format('GRANT SELECT ON %s TO initledger_api', made);
END $$;

-- The indexes that the table in force has and this one lacks, under the same names.
CREATE FUNCTION index_read_model(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  next     text := read_model_schema('next');
  template text := format('%I.%I', current_schema(), name);
  part     record;
BEGIN
  PERFORM assert_read_model(name);
  FOR part IN SELECT relname, pg_get_indexdef(indexrelid) AS def
                FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
               WHERE indrelid = template::regclass AND NOT indisprimary LOOP
    IF to_regclass(format('%I.%I', next, part.relname)) IS NULL THEN
      EXECUTE replace(part.def, format(' ON %s ', template), format(' ON %I.%I ', next, name));
    END IF;
  END LOOP;
END $$;

CREATE FUNCTION move_read_model(name text, from_place text, to_place text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF from_place <> 'current' THEN
    PERFORM read_model_schema(from_place);
  ELSE
    PERFORM assert_read_model(name);
  END IF;
  EXECUTE format('ALTER TABLE %I.%I SET SCHEMA %I', read_model_schema(from_place), name, read_model_schema(to_place));
END $$;

CREATE FUNCTION drop_read_model(name text, place text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF place = 'current' THEN
    RAISE EXCEPTION 'read models in force are not dropped';
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS %I.%I', read_model_schema(place), name);
END $$;

-- A definer function must not be led to other tables by its caller's search_path.
DO $$
DECLARE
  made text;
BEGIN
  FOREACH made IN ARRAY ARRAY['read_model_schema(text)', 'assert_read_model(text)', 'begin_read_model(text)',
                              'index_read_model(text)', 'move_read_model(text, text, text)', 'drop_read_model(text, text)'] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_catalog, pg_temp', made, current_schema());
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', made);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO initledger_projector', made);
  END LOOP;
END $$;
