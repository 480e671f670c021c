-- Who works on a projection of a shard. A lease keeps two projectors from doing the same work; that nothing is projected twice is the
-- bookmark's part. It lies beside the read models and is never swapped with them.
CREATE TABLE projection_lease (
  shard_id     integer     NOT NULL,
  projection   text        NOT NULL,           -- with the version of its rows and the rules, and whether it is being built: "pod-inits-v2, rules 2"
  worker       uuid        NOT NULL,           -- a projector, for as long as it runs
  lease_until  timestamptz NOT NULL,           -- by the clock of the database; whoever comes later may take it
  wanted_by    uuid,                           -- a projector that has less to do, and to which it is handed over
  wanted_until timestamptz,
  PRIMARY KEY (shard_id, projection)
) WITH (fillfactor = 50);
SELECT grant_read_models('projection_lease');
