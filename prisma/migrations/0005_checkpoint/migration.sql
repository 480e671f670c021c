-- Signed statements of how many events a log had and which hash stood over them (C2SP tlog-checkpoint): whoever kept one can prove
-- later that nothing before it was changed. They are published outside of the database as well, and added to, never changed.
CREATE TABLE checkpoint (
  shard_id   integer     NOT NULL,
  size       bigint      NOT NULL,
  root       bytea       NOT NULL CHECK (length(root) = 32),
  note       text        NOT NULL,            -- the signed note, verbatim
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard_id, size)
);
CREATE TABLE act_checkpoint (LIKE checkpoint INCLUDING ALL);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON act_checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON act_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON checkpoint TO initledger_recorder;
GRANT SELECT, INSERT ON act_checkpoint TO initledger_projector;
GRANT SELECT ON checkpoint TO initledger_projector, initledger_api;
GRANT SELECT ON act_checkpoint TO initledger_api;

-- By whom: the verifier keys (NAME+KEYID+BASE64, C2SP signed-note) under which each log was ever sealed. Whoever audits keeps one of
-- their own; this is where it is learnt the first time.
CREATE TABLE checkpoint_key (
  shard_id   integer     NOT NULL,
  vkey       text        NOT NULL,
  first_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard_id, vkey)
);
CREATE TABLE act_checkpoint_key (LIKE checkpoint_key INCLUDING ALL);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON checkpoint_key FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON act_checkpoint_key FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON checkpoint_key FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON act_checkpoint_key FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON checkpoint_key TO initledger_recorder;
GRANT SELECT, INSERT ON act_checkpoint_key TO initledger_projector;
GRANT SELECT ON checkpoint_key TO initledger_projector, initledger_api;
GRANT SELECT ON act_checkpoint_key TO initledger_api;
