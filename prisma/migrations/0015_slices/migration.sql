-- A cluster can be recorded in slices, by a hash of the namespace: each is a shard. All slices of one number are a generation; another
-- number closes those shards and opens the next generation, which names them.
ALTER TABLE shard
  ADD COLUMN slice        integer,                        -- which, from 0; null where one shard holds all namespaces
  ADD COLUMN slices       integer,                        -- of how many
  ADD COLUMN generation   integer   NOT NULL DEFAULT 0,
  ADD COLUMN predecessors integer[] NOT NULL DEFAULT '{}', -- shards of the generation before, which this one closed
  ADD COLUMN closed_at    timestamptz;                    -- since when nobody may write observations into it
