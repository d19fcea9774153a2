-- Counts the passwords that a person has had: whoever proved to know one acts only while it is still theirs.
ALTER TABLE people ADD COLUMN password_version integer NOT NULL DEFAULT 0;
