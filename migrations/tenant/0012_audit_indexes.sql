-- What somebody did, whether or not they acted for somebody else; and what happened to a record, whatever its object.
DROP INDEX event_subject_idx;
CREATE INDEX event_subject_idx ON event ((coalesce(subject, actor)), id);
DROP INDEX event_record_idx;
CREATE INDEX event_record_idx ON event (record_id, id) WHERE record_id IS NOT NULL;
