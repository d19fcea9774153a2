-- The keys of the tenant's encrypted fields, each wrapped by a master key that is not in the database.

CREATE TABLE data_key (
  -- Named by every value that is sealed with it. Never used a second time.
  id integer PRIMARY KEY,
  -- SEAL opens values; INDEX finds equal ones, and stays when the other is rotated.
  purpose text NOT NULL CHECK (purpose IN ('SEAL', 'INDEX')),
  wrapped bytea NOT NULL,
  master_key_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Nothing is sealed with it from then on. It goes when no value needs it any more.
  superseded_at timestamptz
);
CREATE UNIQUE INDEX data_key_current_key ON data_key (purpose) WHERE superseded_at IS NULL;
