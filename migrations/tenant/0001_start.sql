-- What every tenant has besides records: the registry of its own fields and objects, and the log of what happened.
-- Names are unqualified: this runs with search_path = the tenant's schema, rapport.

CREATE TABLE metadata_version (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version bigint NOT NULL DEFAULT 1
);
INSERT INTO metadata_version DEFAULT VALUES;

CREATE TABLE metadata_object (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  plural text NOT NULL,
  label text NOT NULL,
  label_plural text NOT NULL,
  description text,
  name_field text,
  archived_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX metadata_object_name_key ON metadata_object (name) WHERE archived_at IS NULL;
CREATE UNIQUE INDEX metadata_object_plural_key ON metadata_object (plural) WHERE archived_at IS NULL;

CREATE TABLE metadata_field (
  id uuid PRIMARY KEY,
  object text NOT NULL,
  name text NOT NULL,
  -- Under which the values are kept in `custom`; stays when the name changes.
  key text NOT NULL,
  label text NOT NULL,
  description text,
  type text NOT NULL,
  required boolean NOT NULL DEFAULT false,
  is_unique boolean NOT NULL DEFAULT false,
  filterable boolean NOT NULL DEFAULT true,
  searchable boolean NOT NULL DEFAULT false,
  restricted boolean NOT NULL DEFAULT false,
  options jsonb NOT NULL DEFAULT '[]',
  settings jsonb NOT NULL DEFAULT '{}',
  position integer NOT NULL DEFAULT 0,
  archived_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT metadata_field_object_key_key UNIQUE (object, key)
);
CREATE UNIQUE INDEX metadata_field_object_name_key ON metadata_field (object, name) WHERE archived_at IS NULL;

-- Append-only. A position in it is (epoch, txid, id): the epoch goes up when the tenant moves to another server.
CREATE TABLE event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  txid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  epoch integer NOT NULL DEFAULT 1,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  actor uuid,
  type text NOT NULL,
  object text NOT NULL,
  record_id uuid NOT NULL,
  version integer,
  changed text[] NOT NULL DEFAULT '{}',
  before jsonb,
  after jsonb,
  request_id text,
  trace_id text,
  import_id uuid
);
CREATE INDEX event_record_idx ON event (object, record_id, id);
