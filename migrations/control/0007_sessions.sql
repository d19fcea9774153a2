-- Sessions that can be told apart and ended one by one, refreshes that may race, a second factor, keys that rotate.

ALTER TABLE sessions
  -- Where it was last seen, as a person may be shown it, and with what.
  ADD COLUMN address text,
  ADD COLUMN user_agent text,
  ADD COLUMN last_seen_at timestamptz NOT NULL DEFAULT now(),
  -- The refresh token that was spent last, and what makes its child of it: whoever raced gets the same child.
  ADD COLUMN previous_hash bytea,
  ADD COLUMN child_salt bytea;
CREATE INDEX sessions_previous_hash_idx ON sessions (previous_hash) WHERE previous_hash IS NOT NULL;

-- A person's second factor: the secret wrapped by a master key. Until it is confirmed it asks nobody for a code.
CREATE TABLE second_factors (
  person_id uuid PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
  wrapped bytea NOT NULL,
  master_key_id text NOT NULL,
  confirmed_at timestamptz,
  -- The time step of the last code that was taken: none counts twice.
  last_step bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE recovery_codes (
  person_id uuid NOT NULL REFERENCES second_factors (person_id) ON DELETE CASCADE,
  hash bytea NOT NULL,
  PRIMARY KEY (person_id, hash)
);

-- A sign-in that waits for its second factor.
CREATE TABLE sign_in_challenges (
  hash bytea PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  -- What was named to sign in to.
  workspace text,
  tries integer NOT NULL DEFAULT 0,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_challenges_person_id_idx ON sign_in_challenges (person_id);
CREATE INDEX sign_in_challenges_expires_at_idx ON sign_in_challenges (expires_at);

-- A key signs from `signs_from` on and is published before. With a master key it is kept wrapped, otherwise as it is. Beside
-- the wrapped form is the public half: whoever cannot unwrap it still knows what it signed.
ALTER TABLE signing_keys
  ALTER COLUMN private_pem DROP NOT NULL,
  ADD COLUMN wrapped bytea,
  ADD COLUMN master_key_id text,
  ADD COLUMN public_key bytea,
  ADD COLUMN signs_from timestamptz NOT NULL DEFAULT now(),
  ADD CONSTRAINT signing_keys_private_check CHECK ((private_pem IS NULL) <> (wrapped IS NULL)),
  ADD CONSTRAINT signing_keys_wrapped_check CHECK ((wrapped IS NULL) = (master_key_id IS NULL) AND (wrapped IS NULL) = (public_key IS NULL));
UPDATE signing_keys SET signs_from = created_at;
