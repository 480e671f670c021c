-- The three roles that grants speak of. They cannot log in: the users of recorder, projector and api are members of one
-- each. Where the migrating user may not create roles they must be there already.
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['initledger_recorder', 'initledger_projector', 'initledger_api'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        -- Who creates a role may not always act in it, and one process that does everything must.
        EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL; -- roles belong to the server: another database's migration came first
      END;
    END IF;
  END LOOP;
END $$;

DO $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO initledger_recorder, initledger_projector, initledger_api', current_schema());
END $$;

-- Every process looks at its start whether the database is of its version.
DO $$
BEGIN
  IF to_regclass('_prisma_migrations') IS NOT NULL THEN
    GRANT SELECT ON _prisma_migrations TO initledger_recorder, initledger_projector, initledger_api;
  END IF;
END $$;

-- What a later migration says of its read models: the projector keeps them, the api reads them, nobody else.
CREATE FUNCTION grant_read_models(VARIADIC tables text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY tables LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON %I TO initledger_projector', name);
    EXECUTE format('GRANT SELECT ON %I TO initledger_api', name);
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION grant_read_models(text[]) FROM PUBLIC;
