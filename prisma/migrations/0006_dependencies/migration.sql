-- What init containers wait for, and what should be looked at. Read models like those of 0002: versions, [valid_from, valid_to).

ALTER TABLE init_attempt ADD COLUMN dependencies jsonb;  -- what its container waits for when it runs; null where nothing tells
ALTER TABLE pod_init     ADD COLUMN waits_for    text;   -- the same, in short, of the container at which it stands
CREATE INDEX init_attempt_dependencies ON init_attempt (shard_id, started_at) WHERE dependencies IS NOT NULL;
CREATE INDEX init_attempt_endpoints ON init_attempt USING gin (dependencies jsonb_path_ops) WHERE dependencies IS NOT NULL;

CREATE TABLE finding (
  shard_id      integer     NOT NULL,
  pod_uid       uuid        NOT NULL,
  finding_key   text        NOT NULL,          -- kind, container and which of these
  valid_from    bigint      NOT NULL,
  valid_to      bigint,                        -- null: in force
  kind          text        NOT NULL,
  container     text,
  confidence    text        NOT NULL,
  at            timestamptz,                   -- of what was found; null where that has no time
  namespace     text        NOT NULL,
  namespace_uid uuid,
  pod_name      text        NOT NULL,
  workload_kind text        NOT NULL,
  workload_name text        NOT NULL,
  told_at       timestamptz NOT NULL,          -- recorded_at of valid_from
  digest        text        NOT NULL,
  doc           jsonb       NOT NULL,          -- the contract's Finding
  PRIMARY KEY (shard_id, pod_uid, finding_key, valid_from)
) WITH (fillfactor = 70);
CREATE INDEX finding_kind ON finding (shard_id, kind, pod_uid) WHERE valid_to IS NULL;
CREATE INDEX finding_validity ON finding (shard_id, valid_from, valid_to);

SELECT grant_read_models('finding');
