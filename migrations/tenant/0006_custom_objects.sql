-- Objects of a tenant's own: their records share one table, told apart by the key of their object.

CREATE TABLE custom_record (
  id uuid PRIMARY KEY,
  -- `metadata_object.key`
  object text NOT NULL,
  external_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by uuid,
  updated_by uuid,
  version integer NOT NULL DEFAULT 1,
  custom jsonb NOT NULL DEFAULT '{}',
  owner_id uuid
);
CREATE UNIQUE INDEX custom_record_external_id_key ON custom_record (object, external_id) WHERE deleted_at IS NULL;
CREATE INDEX custom_record_created_at_idx ON custom_record (object, created_at, id);
CREATE INDEX custom_record_owner_id_idx ON custom_record (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX custom_record_custom_idx ON custom_record USING gin (custom jsonb_path_ops);

ALTER TABLE metadata_object
  -- Of its records. It stays when the object is gone, and is never used again.
  ADD COLUMN key text,
  -- A row that only changes the labels of a standard object.
  ADD COLUMN standard boolean NOT NULL DEFAULT false,
  ADD COLUMN deleted_at timestamptz;
UPDATE metadata_object SET key = name;
ALTER TABLE metadata_object ALTER COLUMN key SET NOT NULL;
ALTER TABLE metadata_object ADD CONSTRAINT metadata_object_key_key UNIQUE (key);
-- Names differ in more than case, and one that is archived keeps its own.
DROP INDEX metadata_object_name_key;
DROP INDEX metadata_object_plural_key;
CREATE UNIQUE INDEX metadata_object_name_key ON metadata_object (lower(name)) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX metadata_object_plural_key ON metadata_object (lower(plural)) WHERE deleted_at IS NULL;

ALTER TABLE metadata_field
  -- A row that only changes the label or the options of a standard field.
  ADD COLUMN standard boolean NOT NULL DEFAULT false,
  -- The version of the metadata that its last change made.
  ADD COLUMN changed_in bigint NOT NULL DEFAULT 1,
  -- Gone for good. The row keeps its key from being used again, since values stay behind until they are swept out.
  ADD COLUMN deleted_at timestamptz,
  ADD COLUMN swept_at timestamptz,
  -- Of an index that is being built, from 0 to 1; and the records whose equal values kept a unique one from being built.
  ADD COLUMN index_progress real,
  ADD COLUMN index_clashes jsonb;
UPDATE metadata_field SET standard = true WHERE key = name;
DROP INDEX metadata_field_object_name_key;
CREATE UNIQUE INDEX metadata_field_object_name_key ON metadata_field (object, name) WHERE deleted_at IS NULL;

-- How the fields of an object stand on the page of a record: sections with their fields, by key.
CREATE TABLE metadata_layout (
  object text PRIMARY KEY,
  sections jsonb NOT NULL
);

-- What this tenant may have, where it differs from what every tenant may.
CREATE TABLE entitlement (
  name text PRIMARY KEY,
  value bigint NOT NULL
);
