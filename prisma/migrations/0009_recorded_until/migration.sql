-- Of a recording: when the newest line of it was received that was played. Null of what is live, and of what was imported before this column was.
ALTER TABLE shard ADD COLUMN recorded_until timestamptz;
