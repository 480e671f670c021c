-- How long a transaction has been open on this server: it holds back vacuum, detaching of partitions, and everybody who waits for its
-- locks, of whichever program and database it is. Only its owner is shown the transactions of others; `hidden` counts sessions of which
-- not even the owner of these tables is shown them.
CREATE FUNCTION oldest_transaction(OUT seconds double precision, OUT hidden bigint)
LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT coalesce(max(extract(epoch FROM clock_timestamp() - began)), 0)::double precision, count(*) FILTER (WHERE is_hidden)
    FROM (
      SELECT xact_start AS began, query = '<insufficient privilege>' AS is_hidden
        FROM pg_stat_activity
       WHERE pid <> pg_backend_pid() AND (backend_type = 'client backend' OR backend_type IS NULL)
      UNION ALL
      SELECT prepared, false FROM pg_prepared_xacts
    ) AS transactions
$$;
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION oldest_transaction() SET search_path = %I, pg_catalog, pg_temp', current_schema());
END $$;
REVOKE EXECUTE ON FUNCTION oldest_transaction() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION oldest_transaction() TO initledger_recorder, initledger_projector, initledger_api;

-- `workload_stats` by the day, for questions about weeks: of each workload, and, where workload_kind is '', of its namespace as a whole.
-- The fleet is the sum of its namespaces. Kept in the transactions that keep the hours.
CREATE TABLE day_stats (
  shard_id        integer     NOT NULL,
  day             timestamptz NOT NULL,
  namespace       text        NOT NULL,
  namespace_uid   text        NOT NULL,        -- '' until it is known
  workload_kind   text        NOT NULL,        -- '' in the sum of the namespace, as are name and revision
  workload_name   text        NOT NULL,
  revision        text        NOT NULL,
  container       text        NOT NULL,
  has_init        boolean     NOT NULL,
  ended           bigint      NOT NULL,
  succeeded       bigint      NOT NULL,
  failed          bigint      NOT NULL,
  aborted         bigint      NOT NULL,
  unknown         bigint      NOT NULL,
  missed          bigint      NOT NULL,
  restarts        bigint      NOT NULL,
  bounded         bigint      NOT NULL,
  duration_ms     bigint      NOT NULL,
  duration_count  bigint      NOT NULL,
  categories      jsonb       NOT NULL,
  buckets         jsonb       NOT NULL,
  last_position   bigint      NOT NULL,
  PRIMARY KEY (shard_id, day, namespace, namespace_uid, workload_kind, workload_name, revision, container, has_init)
) WITH (fillfactor = 70);
CREATE INDEX day_stats_workload ON day_stats (shard_id, namespace, workload_kind, workload_name, container, day);
CREATE INDEX day_stats_namespace ON day_stats (shard_id, day) WHERE workload_kind = '';
SELECT grant_read_models('day_stats');

CREATE AGGREGATE pg_temp.sum_of_counts (jsonb) (SFUNC = add_counts, STYPE = jsonb, INITCOND = '{}');
INSERT INTO day_stats
SELECT shard_id, date_trunc('day', hour, 'UTC'), namespace, namespace_uid,
       CASE WHEN whole THEN '' ELSE workload_kind END, CASE WHEN whole THEN '' ELSE workload_name END,
       CASE WHEN whole THEN '' ELSE revision END, container, has_init,
       sum(ended), sum(succeeded), sum(failed), sum(aborted), sum(unknown), sum(missed), sum(restarts), sum(bounded),
       sum(duration_ms), sum(duration_count), pg_temp.sum_of_counts(categories), pg_temp.sum_of_counts(buckets), max(last_position)
  FROM workload_stats CROSS JOIN (VALUES (false), (true)) AS sums (whole)
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;

-- What has not ended, and what ended in a part of an hour, is counted from the rows themselves: among all that ever were, by these.
CREATE INDEX pod_init_running ON pod_init (shard_id, namespace) WHERE valid_to IS NULL AND newest AND outcome = 'running';
CREATE INDEX init_attempt_running ON init_attempt (shard_id, pod_uid) WHERE valid_to IS NULL AND outcome = 'running';
CREATE INDEX pod_init_ended ON pod_init (shard_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX init_attempt_ended ON init_attempt (shard_id, finished_at);
