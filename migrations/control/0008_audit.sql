-- Where each tenant's chain of audit seals ended when it was last looked at: a chain that is cut off behind it is noticed.
CREATE TABLE audit_heads (
  tenant_id uuid PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  seq bigint NOT NULL,
  mac bytea NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
