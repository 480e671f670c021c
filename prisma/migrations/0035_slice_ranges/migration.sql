-- Slices can be made of ranges of the hash by which API servers divide lists and watches themselves (KEP-5866). Where the hashes are
-- cut is decided once for a generation, by the first of its shards, and copied into the others.
ALTER TABLE shard
  ADD COLUMN slice_cuts        text[],   -- ascending, 16 hex digits each; null: by a hash of ours
  ADD COLUMN divided_by_server boolean;  -- whether the server left out what is in other slices, when its recorder looked last; null: not asked, or not known
