-- What is frozen can be derived from nothing any more: so a hash of each of its rows is kept, and an act says what they come to. Whoever
-- changes a frozen row afterwards is found by them, and the row is. An erasure that goes over frozen rows is followed by another act.

-- Of the rows that a span froze of one stream in one table: the first 32 hex digits of the SHA-256 of each, one after the other, in the order
-- of their keys. A read model: it lies beside those that it is of, and goes with them.
CREATE TABLE frozen_digest (
  shard_id    integer NOT NULL,
  to_position bigint  NOT NULL,                 -- of the span
  stream_id   uuid    NOT NULL,                 -- a pod, or whatever else the rows are of
  name        text    NOT NULL,                 -- of the table; with ".valid_to": of rows that were frozen before, and that this span closed
  hashes      text    NOT NULL,
  PRIMARY KEY (shard_id, to_position, stream_id, name)
);
SELECT grant_read_models('frozen_digest');

ALTER TABLE frozen_span
  ADD COLUMN told_by   bigint,                  -- position of the act RowsFrozen; null: none tells of it yet
  ADD COLUMN told_mark bigint;                  -- live_from of the bookmark then: another says that pods were derived again since
