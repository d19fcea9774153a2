-- A field gets another type: its values are written a second time, under another key, until the field changes over to that.

ALTER TABLE metadata_field
  -- The other key while this goes on. A write under one of the two takes out what is under the other.
  ADD COLUMN shadow text;

CREATE TABLE metadata_conversion (
  id uuid PRIMARY KEY,
  field uuid NOT NULL REFERENCES metadata_field (id),
  -- A deleted row that holds the other key, so that no field ever gets it.
  spare uuid NOT NULL REFERENCES metadata_field (id),
  old_key text NOT NULL,
  new_key text NOT NULL,
  -- Type, options, region and default, as they were and as they will be.
  before jsonb NOT NULL,
  after jsonb NOT NULL,
  on_failure text NOT NULL CHECK (on_failure IN ('REFUSE', 'KEEP_OUT')),
  state text NOT NULL CHECK (state IN ('PREPARING', 'COPYING', 'SETTLING', 'CATCHING_UP', 'CLEANING', 'DONE', 'FAILED', 'CANCELLED')),
  -- Why it failed.
  problem text,
  total bigint NOT NULL,
  done bigint NOT NULL DEFAULT 0,
  -- How far the pass over the records is that the state is about; all ones at its end.
  cursor uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  -- When the state began, and the transactions that must have ended before the next one can.
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  barrier xid8,
  actor uuid,
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE UNIQUE INDEX metadata_conversion_field_key ON metadata_conversion (field) WHERE finished_at IS NULL;

-- The values that were left behind: those that do not convert, and blank ones (without a message), of which nothing is lost.
CREATE TABLE metadata_conversion_failure (
  conversion uuid NOT NULL REFERENCES metadata_conversion (id) ON DELETE CASCADE,
  record uuid NOT NULL,
  value jsonb NOT NULL,
  code text,
  message text,
  PRIMARY KEY (conversion, record)
);
