-- Credentials of programs. They are found before their tenant is known, so they are here; what roles they have is in the
-- tenant's schema.
CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name text NOT NULL,
  -- SHA-256 of the secret.
  hash bytea NOT NULL,
  -- Of the secret before, and until when it works beside the current one.
  old_hash bytea,
  old_until timestamptz,
  -- `records:read records:write`
  scopes text NOT NULL,
  -- The user who made it; NULL: the command line.
  created_by uuid,
  -- When its roles were found in the tenant's schema. Until then the key opens nothing.
  ready_at timestamptz,
  expires_at timestamptz NOT NULL,
  rotated_at timestamptz,
  revoked_at timestamptz,
  -- Somebody else had it.
  leaked boolean NOT NULL DEFAULT false,
  last_used_at timestamptz,
  last_used_from text,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((old_hash IS NULL) = (old_until IS NULL))
);
CREATE INDEX api_keys_tenant_id_idx ON api_keys (tenant_id);
