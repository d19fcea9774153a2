-- Who people are is proved by mail: invitations, links that work once, and the mail on its way out.

-- When a mail to the address was answered. NULL: nobody knows yet whose mailbox it is.
ALTER TABLE people ADD COLUMN email_verified_at timestamptz;

-- The person's name or address changed and the user's record in the tenant's schema has yet to follow.
ALTER TABLE memberships ADD COLUMN outdated_since timestamptz;
CREATE INDEX memberships_outdated_idx ON memberships (outdated_since) WHERE outdated_since IS NOT NULL;

CREATE TABLE invitations (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  email text NOT NULL,
  name text,
  -- What the membership starts with.
  role_ids uuid[] NOT NULL CHECK (cardinality(role_ids) > 0),
  team_id uuid,
  invited_by uuid REFERENCES people (id) ON DELETE SET NULL,
  -- SHA-256 of the token in the mail that was sent last.
  token_hash bytea NOT NULL UNIQUE,
  sent_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  accepted_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (accepted_at IS NULL OR revoked_at IS NULL)
);
CREATE UNIQUE INDEX invitations_open_key ON invitations (tenant_id, lower(email))
  WHERE accepted_at IS NULL AND revoked_at IS NULL;

-- Links in mails, by the SHA-256 of their token. Each works once.
CREATE TABLE mailed_links (
  hash bytea PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  purpose text NOT NULL CHECK (purpose IN ('VERIFY_EMAIL', 'RESET_PASSWORD', 'CONFIRM_EMAIL', 'CANCEL_EMAIL')),
  -- The address that it speaks of: for CONFIRM_EMAIL and CANCEL_EMAIL the new one.
  email text NOT NULL,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mailed_links_person_id_idx ON mailed_links (person_id, purpose);
CREATE INDEX mailed_links_expires_at_idx ON mailed_links (expires_at);

-- Mail on its way out, written with what it speaks of. What it says is forgotten as soon as it was sent or is too old.
CREATE TABLE mails (
  id uuid PRIMARY KEY,
  recipient text NOT NULL,
  -- What kind of mail it is, for logs.
  kind text NOT NULL,
  subject text,
  body_text text,
  body_html text,
  attempts integer NOT NULL DEFAULT 0,
  -- When it is tried next; while a node is at it, when another one may.
  due_at timestamptz NOT NULL DEFAULT now(),
  -- When nobody wants it any more.
  expires_at timestamptz NOT NULL,
  sent_at timestamptz,
  given_up_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mails_due_at_idx ON mails (due_at) WHERE sent_at IS NULL AND given_up_at IS NULL;
CREATE INDEX mails_recipient_idx ON mails (lower(recipient), created_at);
CREATE INDEX mails_created_at_idx ON mails (created_at);
