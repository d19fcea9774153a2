-- What became of each row of an import. One row here for some thousand of the file, written in the transaction that
-- writes their records: it is there exactly when they are.

CREATE TABLE import_rows (
  import_id uuid NOT NULL REFERENCES import (id) ON DELETE CASCADE,
  -- Of the report, from 0; its name and file.
  step integer NOT NULL,
  step_name text NOT NULL,
  file text,
  -- Among the rows that the step reads, from 0.
  first_row bigint NOT NULL,
  -- From here on an element, or a letter, for each row: where it starts in the file,
  lines bigint[] NOT NULL,
  -- Created, Updated, unchaNged, Refused, Skipped, rePeated, or Idle: read in a pass that it has nothing for,
  outcomes text NOT NULL,
  -- its record,
  records uuid[] NOT NULL,
  -- and, by its place here from 0, what is wrong with it.
  problems jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (import_id, step, first_row)
);
-- Numbers and ids do not get smaller by trying.
ALTER TABLE import_rows ALTER COLUMN lines SET STORAGE EXTERNAL, ALTER COLUMN records SET STORAGE EXTERNAL;
