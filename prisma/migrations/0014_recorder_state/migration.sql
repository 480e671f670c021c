-- What a recorder knew of its cluster at a position of its log: eight bytes of each part of each live subject. It spares a restart
-- the reading of the whole log, and is disposable: what does not fit the log is thrown away. Part 0 says what it is, and of which
-- position; the others are its pieces.
CREATE TABLE recorder_state (
  shard_id integer NOT NULL,
  part     integer NOT NULL,
  body     bytea   NOT NULL,
  PRIMARY KEY (shard_id, part)
);
-- Its bodies are compressed before they come.
ALTER TABLE recorder_state ALTER body SET STORAGE EXTERNAL;

GRANT SELECT, INSERT, DELETE ON recorder_state TO initledger_recorder;
GRANT SELECT ON recorder_state TO initledger_api;
