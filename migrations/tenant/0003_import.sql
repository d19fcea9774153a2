-- Imports: what was asked, how far it is, what came of it. Records point to theirs through their events.

CREATE TABLE import (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'UNDONE')),
  dry_run boolean NOT NULL,
  -- Of mapping and files together: the same import again has the same one.
  fingerprint text NOT NULL,
  files text[] NOT NULL,
  actor uuid,
  -- Rows of all passes, and how many of them are done.
  rows_total bigint NOT NULL,
  rows_done bigint NOT NULL DEFAULT 0,
  step text,
  report jsonb,
  -- The first refused rows; the report has how many there are.
  errors jsonb NOT NULL DEFAULT '[]',
  undo jsonb,
  cancel_requested boolean NOT NULL DEFAULT false,
  started_at timestamptz NOT NULL DEFAULT now(),
  -- A running import that has not been heard of for a while has died.
  seen_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE INDEX import_fingerprint_idx ON import (fingerprint);
CREATE INDEX import_started_at_idx ON import (started_at, id);

-- What an import wrote, to undo it.
CREATE INDEX event_import_id_idx ON event (import_id, id) WHERE import_id IS NOT NULL;
