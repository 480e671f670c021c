-- A day's histogram is one number, the count of bucket i times 10^(12 i): PostgreSQL adds such numbers a hundred times as fast as it unfolds
-- as many entries of JSON, and keeps them in a third of the space. What took no time has no bucket: duration_count tells it.
ALTER TABLE day_stats ADD COLUMN histogram numeric;
UPDATE day_stats
   SET histogram = (SELECT coalesce(trim_scale(sum(('1e' || 12 * key::int)::numeric * value::numeric)), 0)
                      FROM jsonb_each_text(buckets) WHERE key <> 'zero');
ALTER TABLE day_stats ALTER COLUMN histogram SET NOT NULL;
ALTER TABLE day_stats DROP COLUMN buckets;

-- The same as counts by bucket, as workload_stats has them; `durations` is the duration_count of what was added up.
--   SELECT (histogram_quantile(histogram_buckets(sum(histogram), sum(duration_count)::bigint), 0.99)).* FROM day_stats WHERE workload_name = 'api'
CREATE FUNCTION histogram_buckets(histogram numeric, durations bigint) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  WITH digits AS (
    SELECT split_part(histogram::text, '.', 1) AS whole, split_part(histogram::text, '.', 2) AS fraction
  ), places AS (
    SELECT nth AS index, right(left(whole, length(whole) - 12 * nth), 12)::bigint AS count
      FROM digits CROSS JOIN generate_series(0, (length(whole) - 1) / 12) AS nth
     UNION ALL
    SELECT -nth, rpad(substr(fraction, 12 * nth - 11, 12), 12, '0')::bigint
      FROM digits CROSS JOIN generate_series(1, (length(fraction) + 11) / 12) AS nth
  ), held AS (
    SELECT index::text AS key, count FROM places
     UNION ALL
    SELECT 'zero', durations - (SELECT sum(count) FROM places)
  )
  SELECT coalesce(jsonb_object_agg(key, count) FILTER (WHERE count > 0), '{}') FROM held
$$;
REVOKE EXECUTE ON FUNCTION histogram_buckets(numeric, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION histogram_buckets(numeric, bigint) TO initledger_api;

-- Lists of pods, newest first, of the fleet and of a namespace: a pod of which no frame told has no time of creation and comes last.
DROP INDEX pod_init_created;
DROP INDEX pod_init_namespace;
CREATE INDEX pod_init_created ON pod_init (coalesce(created_at, 'epoch'::timestamptz) DESC, shard_id, pod_uid) WHERE valid_to IS NULL AND newest;
CREATE INDEX pod_init_namespace ON pod_init (namespace, coalesce(created_at, 'epoch'::timestamptz) DESC, shard_id, pod_uid)
  WHERE valid_to IS NULL AND newest;

-- Pods that live, to be counted.
CREATE INDEX pod_init_living ON pod_init (shard_id, namespace_uid)
  WHERE valid_to IS NULL AND newest AND init_containers > 0 AND deleted_at IS NULL AND created_at IS NOT NULL;

-- The pods of each workload, to be counted, and its newest one.
CREATE INDEX pod_init_of_workload ON pod_init (shard_id, namespace, workload_kind, workload_name, created_at DESC)
  INCLUDE (revision, deleted_at, deadline_at, init_containers, namespace_uid) WHERE valid_to IS NULL AND newest;
