-- Tables that were filled and never looked at have no statistics: questions to read models that just took over would be planned badly.
CREATE FUNCTION analyze_read_model(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  PERFORM assert_read_model(name);
  EXECUTE format('ANALYZE %I.%I', read_model_schema('next'), name);
END $$;

DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION analyze_read_model(text) SET search_path = %I, pg_catalog, pg_temp', current_schema());
END $$;
REVOKE EXECUTE ON FUNCTION analyze_read_model(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analyze_read_model(text) TO initledger_projector;
