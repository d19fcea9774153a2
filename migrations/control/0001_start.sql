-- The control plane: who there is and where their data lives. Runs with search_path = control.

CREATE TABLE cells (
  id uuid PRIMARY KEY,
  login text NOT NULL UNIQUE,
  password text NOT NULL,
  -- Where the records are read and written, and where roles, schemas and tables are made: `host:port` or a socket
  -- directory. NULL: the server of the control plane.
  data_address text,
  admin_address text,
  -- NULL: the database of the control plane.
  database text,
  tenants integer NOT NULL DEFAULT 0 CHECK (tenants >= 0),
  takes_new boolean NOT NULL DEFAULT true,
  ready_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tenants (
  id uuid PRIMARY KEY,
  slug text NOT NULL,
  name text NOT NULL,
  cell_id uuid NOT NULL REFERENCES cells (id),
  state text NOT NULL CHECK (state IN ('PROVISIONING', 'ACTIVE', 'QUARANTINED')),
  -- Why it is quarantined.
  reason text,
  schema_version integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  activated_at timestamptz
);
CREATE UNIQUE INDEX tenants_slug_key ON tenants (slug);
CREATE INDEX tenants_cell_id_idx ON tenants (cell_id);
CREATE INDEX tenants_unfinished_idx ON tenants (state) WHERE state <> 'ACTIVE';

CREATE TABLE people (
  id uuid PRIMARY KEY,
  email text NOT NULL,
  name text NOT NULL,
  password_hash text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX people_email_key ON people (lower(email));

CREATE TABLE memberships (
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  user_id uuid NOT NULL UNIQUE,
  role text NOT NULL CHECK (role IN ('OWNER', 'MEMBER')),
  -- When the user's record was found in the tenant's schema. Until then the membership opens nothing.
  ready_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, person_id)
);
CREATE INDEX memberships_person_id_idx ON memberships (person_id);
CREATE INDEX memberships_unready_idx ON memberships (tenant_id) WHERE ready_at IS NULL;

-- A session is the family of its refresh tokens: the current one here, the spent ones below.
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  refresh_hash bytea NOT NULL UNIQUE,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  refreshed_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_person_id_idx ON sessions (person_id);
CREATE INDEX sessions_tenant_id_idx ON sessions (tenant_id);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
CREATE INDEX sessions_revoked_at_idx ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE spent_refresh_hashes (
  hash bytea PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  spent_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX spent_refresh_hashes_session_id_idx ON spent_refresh_hashes (session_id);

CREATE TABLE signing_keys (
  kid text PRIMARY KEY,
  private_pem text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- A copy of each tenant's own ledger (`schema_migration` in its schema, written with the tables it speaks of).
CREATE TABLE tenant_migrations (
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  version integer NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, version)
);
