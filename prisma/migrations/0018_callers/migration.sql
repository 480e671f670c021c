-- PostgreSQL lets everybody call a new function. These two are for whom they were made: the projector, who adds counts, and triggers,
-- which need nobody's right.
REVOKE EXECUTE ON FUNCTION add_counts(jsonb, jsonb), refuse_change() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_counts(jsonb, jsonb) TO initledger_projector;
