-- Texts that are being erased from what was told of events that are gone. No event says any more where they stand, and an act must not say
-- what they are: so they wait here until nothing tells them, whoever is killed meanwhile.
CREATE TABLE erasure_text (
  shard_id integer     NOT NULL,
  text_id  uuid        NOT NULL,               -- by which the act BodiesErased names it
  text     text        NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard_id, text_id)
);
-- The planner keeps no sample of it.
ALTER TABLE erasure_text ALTER text SET STATISTICS 0;
-- Not the recorder's, who has nothing to do with it.
GRANT SELECT, INSERT, DELETE ON erasure_text TO initledger_projector;
GRANT SELECT ON erasure_text TO initledger_api;

ALTER TABLE erasure_text ADD COLUMN seals jsonb;
ALTER TABLE erasure_text ALTER seals SET STATISTICS 0;
CREATE TRIGGER keep_seals BEFORE INSERT OR UPDATE ON erasure_text FOR EACH ROW EXECUTE FUNCTION keep_seals();
