-- The log becomes the audit log: who acted, through what and from where, and proof that an entry is as it was written.

ALTER TABLE event
  -- An entry about no record (a sign-in, a list that was read) has no `record_id`.
  ALTER COLUMN object DROP NOT NULL,
  ALTER COLUMN record_id DROP NOT NULL,
  -- Its name outside, and what the secret of its MAC is derived from.
  ADD COLUMN uid uuid,
  ADD COLUMN subject_kind text,
  ADD COLUMN subject uuid,
  ADD COLUMN through_kind text,
  ADD COLUMN through uuid,
  ADD COLUMN address inet,
  ADD COLUMN user_agent text,
  -- What has no before and after: which fields were read, of which records.
  ADD COLUMN details jsonb,
  -- Which data key the MAC is made with. Both are null where no key was at hand, and in what is older than this.
  ADD COLUMN mac_key integer,
  ADD COLUMN mac bytea;
CREATE INDEX event_subject_idx ON event (subject, id) WHERE subject IS NOT NULL;
-- For what happened in some days of years: nothing to keep in step, since the log only grows at its end.
CREATE INDEX event_occurred_at_idx ON event USING brin (occurred_at);
-- Whose sensitive values were read.
CREATE INDEX event_viewed_idx ON event USING gin ((details -> 'records')) WHERE details ? 'records';

-- The part of positions that goes up when the tenant moves to another server.
CREATE TABLE log_epoch (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch integer NOT NULL DEFAULT 1
);
INSERT INTO log_epoch DEFAULT VALUES;

-- Append-only. Each seal vouches for a run of entries and for the seal before it, so that none can be missed in silence.
CREATE TABLE audit_seal (
  seq bigint PRIMARY KEY CHECK (seq > 0),
  -- Exactly these entries, by id.
  events int8multirange NOT NULL,
  count integer NOT NULL,
  -- How many of them have no MAC: they are older than the chain.
  unsigned integer NOT NULL,
  -- Over the ids and contents of them all.
  digest bytea NOT NULL,
  -- How far the log was read, as in `search_state`.
  done pg_snapshot NOT NULL,
  target pg_snapshot,
  txid xid8 NOT NULL,
  id bigint NOT NULL,
  sealed_at timestamptz NOT NULL,
  prev bytea NOT NULL,
  mac_key integer NOT NULL,
  mac bytea NOT NULL
);
CREATE INDEX audit_seal_events_idx ON audit_seal USING gist (events);

-- AUDIT signs the log. A superseded one stays for good: what it signed is still to be verified.
ALTER TABLE data_key DROP CONSTRAINT data_key_purpose_check;
ALTER TABLE data_key ADD CONSTRAINT data_key_purpose_check CHECK (purpose IN ('SEAL', 'INDEX', 'AUDIT'));
