-- From where a person has been let in: who comes from there does not wait with those who try passwords from elsewhere.
-- A session forgets where it was before, and is forgotten when it has ended; this is not.
CREATE TABLE known_addresses (
  person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  address text NOT NULL,
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (person_id, address)
);
CREATE INDEX known_addresses_last_seen_at_idx ON known_addresses (last_seen_at);
INSERT INTO known_addresses (person_id, address, last_seen_at)
SELECT person_id, address, max(last_seen_at) FROM sessions WHERE address IS NOT NULL GROUP BY person_id, address;
