-- How many pods were alive in a gap, as far as anybody knew; null of gaps that were told before this column was.
ALTER TABLE gap ADD COLUMN pods_alive integer;
