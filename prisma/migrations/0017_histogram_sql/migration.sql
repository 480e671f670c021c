-- Percentiles in SQL, for whoever asks the database: psql, a dashboard. What is answered elsewhere comes to the same.
--   SELECT (histogram_quantile(sum_counts(buckets), 0.99)).* FROM workload_stats WHERE workload_name = 'api' AND container = 'migrate'

-- The sum of counts by key: of histograms, which is the histogram of all, and of categories.
CREATE AGGREGATE sum_counts(jsonb) (sfunc = add_counts, stype = jsonb, initcond = '{}', combinefunc = add_counts, parallel = safe);

-- The q-quantile (0 to 1) of a histogram in seconds: the geometric middle of the bucket that holds it, with that bucket's bounds, (lo, hi].
-- At schema 5 at most 1.1 % off. No row for an empty histogram.
CREATE FUNCTION histogram_quantile(buckets jsonb, q double precision, schema integer DEFAULT 5)
RETURNS TABLE (seconds double precision, lo double precision, hi double precision) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN index IS NULL THEN 0 ELSE 2 ^ ((index - 0.5) / 2 ^ schema::float8) END,
         CASE WHEN index IS NULL THEN 0 ELSE 2 ^ ((index - 1) / 2 ^ schema::float8) END,
         CASE WHEN index IS NULL THEN 1e-6 ELSE 2 ^ (index / 2 ^ schema::float8) END
  FROM (
    SELECT index, sum(count) OVER (ORDER BY index NULLS FIRST) AS up_to, sum(count) OVER () AS total
    FROM (SELECT nullif(key, 'zero')::float8 AS index, value::bigint AS count FROM jsonb_each_text(buckets)) AS held
  ) AS ranked
  WHERE up_to >= greatest(1, ceil(least(greatest(q, 0), 1) * total))
  ORDER BY index NULLS FIRST
  LIMIT 1
$$;

-- A histogram of schema 5 in the wider buckets of a lower schema, as Prometheus joins them: each step down makes one of two.
CREATE FUNCTION histogram_downscale(buckets jsonb, to_schema integer) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF to_schema NOT BETWEEN -4 AND 5 THEN
    RAISE EXCEPTION 'a histogram of schema 5 cannot be brought to schema %: choose one from -4 to 5', to_schema;
  END IF;
  RETURN (
    SELECT coalesce(jsonb_object_agg(key, total), '{}')
    FROM (
      SELECT CASE held.key WHEN 'zero' THEN 'zero' ELSE ceil(held.key::numeric / 2 ^ (5 - to_schema))::bigint::text END AS key,
             sum(held.value::bigint) AS total
      FROM jsonb_each_text(buckets) AS held
      GROUP BY 1
    ) AS joined
  );
END $$;

REVOKE EXECUTE ON FUNCTION sum_counts(jsonb), histogram_quantile(jsonb, double precision, integer), histogram_downscale(jsonb, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sum_counts(jsonb), histogram_quantile(jsonb, double precision, integer), histogram_downscale(jsonb, integer)
  TO initledger_api;
