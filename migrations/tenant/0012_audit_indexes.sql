-- What somebody did, whether or not they acted for somebody else; and what happened to a record, whatever its object.
DROP INDEX event_subject_idx;
CREATE INDEX event_subject_idx ON event ((coalesce(subject, actor)), id);
DROP INDEX event_record_idx;
CREATE INDEX event_record_idx ON event (record_id, id) WHERE record_id IS NOT NULL;

-- Whether a field ever had another name. Entries of the log have names: who does not see all fields of an object is not shown
-- values under a name that may have been another field's.
ALTER TABLE metadata_field ADD COLUMN renamed boolean NOT NULL DEFAULT false;
UPDATE metadata_field SET renamed = true WHERE name <> key;
