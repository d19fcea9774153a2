-- Who may see and do what. Whatever a write must check lives here, beside what it writes.

-- Goes up with every change of roles, of who has them, of teams and of shares: what a node remembers is of one version.
CREATE TABLE rights_version (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version bigint NOT NULL DEFAULT 1
);
INSERT INTO rights_version DEFAULT VALUES;

CREATE TABLE role (
  id uuid PRIMARY KEY,
  -- Of a role that comes with Rapport: what it allows is in the program. NULL: the tenant's own, and it is in `rights`.
  key text UNIQUE,
  name text NOT NULL,
  description text,
  -- Objects and fields by the keys under which they are kept, so that a new name changes nothing here.
  rights jsonb NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX role_name_key ON role (lower(name));
INSERT INTO role (id, key, name) VALUES
  ('00000000-0000-7000-8000-000000000001', 'OWNER', 'Owner'),
  ('00000000-0000-7000-8000-000000000002', 'ADMIN', 'Admin'),
  ('00000000-0000-7000-8000-000000000003', 'MANAGER', 'Manager'),
  ('00000000-0000-7000-8000-000000000004', 'REP', 'Sales rep'),
  ('00000000-0000-7000-8000-000000000005', 'READ_ONLY', 'Read only'),
  ('00000000-0000-7000-8000-000000000006', 'COMPLIANCE', 'Compliance');

-- The subject is a user or an API key.
CREATE TABLE role_assignment (
  subject uuid NOT NULL,
  role_id uuid NOT NULL REFERENCES role (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subject, role_id)
);
CREATE INDEX role_assignment_role_id_idx ON role_assignment (role_id);

-- A record that someone may see, or also change, whatever the reach of their roles.
CREATE TABLE record_share (
  id uuid PRIMARY KEY,
  -- As in `custom_record`, or the name of a standard object.
  object text NOT NULL,
  record_id uuid NOT NULL,
  -- A user or a team.
  grantee uuid NOT NULL,
  is_team boolean NOT NULL,
  access text NOT NULL CHECK (access IN ('READ', 'UPDATE')),
  created_by uuid,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX record_share_key ON record_share (object, record_id, grantee);
CREATE INDEX record_share_grantee_idx ON record_share (grantee, object, record_id);

CREATE TRIGGER raise_rights AFTER INSERT OR UPDATE OR DELETE ON role FOR EACH STATEMENT EXECUTE FUNCTION rapport.raise_rights();
CREATE TRIGGER raise_rights AFTER INSERT OR UPDATE OR DELETE ON role_assignment FOR EACH STATEMENT EXECUTE FUNCTION rapport.raise_rights();
CREATE TRIGGER raise_rights AFTER INSERT OR UPDATE OR DELETE ON record_share FOR EACH STATEMENT EXECUTE FUNCTION rapport.raise_rights();
-- Whose team somebody is in, and what rules compare with.
CREATE TRIGGER raise_rights AFTER INSERT OR UPDATE OR DELETE ON users FOR EACH STATEMENT EXECUTE FUNCTION rapport.raise_rights();
CREATE TRIGGER raise_rights AFTER INSERT OR UPDATE OR DELETE ON team FOR EACH STATEMENT EXECUTE FUNCTION rapport.raise_rights();

-- A record is its owner's; one without an owner is whose who made it. In the orders that lists are most often read in.
CREATE INDEX company_keeper_idx ON company ((coalesce(owner_id, created_by)), created_at, id);
CREATE INDEX contact_keeper_idx ON contact ((coalesce(owner_id, created_by)), created_at, id);
CREATE INDEX company_keeper_name_idx ON company ((coalesce(owner_id, created_by)), name COLLATE rapport.ci, id);
CREATE INDEX contact_keeper_name_idx ON contact ((coalesce(owner_id, created_by)), name COLLATE rapport.ci, id);
CREATE INDEX opportunity_keeper_idx ON opportunity ((coalesce(owner_id, created_by)), created_at, id);
CREATE INDEX activity_keeper_idx ON activity ((coalesce(owner_id, created_by)), created_at, id);
CREATE INDEX custom_record_keeper_idx ON custom_record (object, (coalesce(owner_id, created_by)), created_at, id);

-- Who started an import may look at what became of its rows: a user or an API key.
ALTER TABLE import ADD COLUMN subject uuid;
UPDATE import SET subject = actor;

-- What somebody owns is asked for in that order as well.
DROP INDEX company_owner_id_idx, contact_owner_id_idx, opportunity_owner_id_idx, activity_owner_id_idx;
CREATE INDEX company_owner_id_idx ON company (owner_id, created_at, id);
CREATE INDEX contact_owner_id_idx ON contact (owner_id, created_at, id);
CREATE INDEX opportunity_owner_id_idx ON opportunity (owner_id, created_at, id);
CREATE INDEX activity_owner_id_idx ON activity (owner_id, created_at, id);
