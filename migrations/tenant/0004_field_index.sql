-- The index of a custom field: built and dropped beside the table's use, by a job that any node may do.
ALTER TABLE metadata_field
  ADD COLUMN index_state text NOT NULL DEFAULT 'NONE' CHECK (index_state IN ('NONE', 'BUILDING', 'READY', 'FAILED')),
  ADD COLUMN index_error text;
