-- One table for each standard object. Relations are checked by the record engine, in the transaction of
-- the write: a foreign key cannot see that a record is in the bin. Every table has the same first columns.

CREATE TABLE team (
  id uuid PRIMARY KEY,
  external_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by uuid,
  updated_by uuid,
  version integer NOT NULL DEFAULT 1,
  custom jsonb NOT NULL DEFAULT '{}',
  name text NOT NULL,
  parent_id uuid,
  manager_id uuid,
  region text
);
CREATE UNIQUE INDEX team_external_id_key ON team (external_id) WHERE deleted_at IS NULL;
CREATE INDEX team_created_at_idx ON team (created_at, id);
CREATE INDEX team_custom_idx ON team USING gin (custom jsonb_path_ops);

CREATE TABLE users (
  id uuid PRIMARY KEY,
  external_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by uuid,
  updated_by uuid,
  version integer NOT NULL DEFAULT 1,
  custom jsonb NOT NULL DEFAULT '{}',
  name text NOT NULL,
  email text,
  team_id uuid,
  active boolean NOT NULL DEFAULT true
);
CREATE UNIQUE INDEX users_external_id_key ON users (external_id) WHERE deleted_at IS NULL;
CREATE INDEX users_created_at_idx ON users (created_at, id);
CREATE INDEX users_custom_idx ON users USING gin (custom jsonb_path_ops);

CREATE TABLE company (
  id uuid PRIMARY KEY,
  external_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by uuid,
  updated_by uuid,
  version integer NOT NULL DEFAULT 1,
  custom jsonb NOT NULL DEFAULT '{}',
  name text NOT NULL,
  domain text,
  website text,
  industry text,
  employee_count integer,
  annual_revenue_minor bigint,
  annual_revenue_currency text,
  founded_year integer,
  phone text,
  address jsonb,
  description text,
  parent_id uuid,
  owner_id uuid
);
CREATE UNIQUE INDEX company_external_id_key ON company (external_id) WHERE deleted_at IS NULL;
CREATE INDEX company_created_at_idx ON company (created_at, id);
CREATE INDEX company_custom_idx ON company USING gin (custom jsonb_path_ops);

CREATE TABLE contact (
  id uuid PRIMARY KEY,
  external_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by uuid,
  updated_by uuid,
  version integer NOT NULL DEFAULT 1,
  custom jsonb NOT NULL DEFAULT '{}',
  first_name text,
  last_name text,
  name text GENERATED ALWAYS AS (nullif(trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), '')) STORED,
  email text,
  phone text,
  title text,
  company_id uuid,
  status text,
  source text,
  address jsonb,
  description text,
  owner_id uuid
);
CREATE UNIQUE INDEX contact_external_id_key ON contact (external_id) WHERE deleted_at IS NULL;
CREATE INDEX contact_created_at_idx ON contact (created_at, id);
CREATE INDEX contact_custom_idx ON contact USING gin (custom jsonb_path_ops);

CREATE TABLE pipeline (
  id uuid PRIMARY KEY,
  external_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by uuid,
  updated_by uuid,
  version integer NOT NULL DEFAULT 1,
  custom jsonb NOT NULL DEFAULT '{}',
  name text NOT NULL
);
CREATE UNIQUE INDEX pipeline_external_id_key ON pipeline (external_id) WHERE deleted_at IS NULL;
CREATE INDEX pipeline_created_at_idx ON pipeline (created_at, id);
CREATE INDEX pipeline_custom_idx ON pipeline USING gin (custom jsonb_path_ops);

CREATE TABLE stage (
  id uuid PRIMARY KEY,
  external_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by uuid,
  updated_by uuid,
  version integer NOT NULL DEFAULT 1,
  custom jsonb NOT NULL DEFAULT '{}',
  name text NOT NULL,
  pipeline_id uuid NOT NULL,
  "position" integer,
  probability integer,
  type text NOT NULL
);
CREATE UNIQUE INDEX stage_external_id_key ON stage (external_id) WHERE deleted_at IS NULL;
CREATE INDEX stage_created_at_idx ON stage (created_at, id);
CREATE INDEX stage_custom_idx ON stage USING gin (custom jsonb_path_ops);

CREATE TABLE product (
  id uuid PRIMARY KEY,
  external_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by uuid,
  updated_by uuid,
  version integer NOT NULL DEFAULT 1,
  custom jsonb NOT NULL DEFAULT '{}',
  name text NOT NULL,
  code text,
  family text,
  price_minor bigint,
  price_currency text,
  active boolean NOT NULL DEFAULT true,
  description text
);
CREATE UNIQUE INDEX product_external_id_key ON product (external_id) WHERE deleted_at IS NULL;
CREATE INDEX product_created_at_idx ON product (created_at, id);
CREATE INDEX product_custom_idx ON product USING gin (custom jsonb_path_ops);

CREATE TABLE opportunity (
  id uuid PRIMARY KEY,
  external_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by uuid,
  updated_by uuid,
  version integer NOT NULL DEFAULT 1,
  custom jsonb NOT NULL DEFAULT '{}',
  name text NOT NULL,
  company_id uuid,
  contact_id uuid,
  stage_id uuid,
  pipeline_id uuid,
  amount_minor bigint,
  amount_currency text,
  probability integer,
  expected_close_date date,
  opened_at timestamptz,
  closed_at timestamptz,
  status text NOT NULL DEFAULT 'OPEN',
  lost_reason text,
  description text,
  owner_id uuid
);
CREATE UNIQUE INDEX opportunity_external_id_key ON opportunity (external_id) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_created_at_idx ON opportunity (created_at, id);
CREATE INDEX opportunity_custom_idx ON opportunity USING gin (custom jsonb_path_ops);

CREATE TABLE line_item (
  id uuid PRIMARY KEY,
  external_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by uuid,
  updated_by uuid,
  version integer NOT NULL DEFAULT 1,
  custom jsonb NOT NULL DEFAULT '{}',
  opportunity_id uuid NOT NULL,
  product_id uuid,
  description text,
  quantity double precision,
  unit_price_minor bigint,
  unit_price_currency text
);
CREATE UNIQUE INDEX line_item_external_id_key ON line_item (external_id) WHERE deleted_at IS NULL;
CREATE INDEX line_item_created_at_idx ON line_item (created_at, id);
CREATE INDEX line_item_custom_idx ON line_item USING gin (custom jsonb_path_ops);

CREATE TABLE activity (
  id uuid PRIMARY KEY,
  external_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by uuid,
  updated_by uuid,
  version integer NOT NULL DEFAULT 1,
  custom jsonb NOT NULL DEFAULT '{}',
  type text NOT NULL,
  subject text NOT NULL,
  body text,
  starts_at timestamptz,
  due_at timestamptz,
  completed_at timestamptz,
  company_id uuid,
  contact_id uuid,
  opportunity_id uuid,
  owner_id uuid
);
CREATE UNIQUE INDEX activity_external_id_key ON activity (external_id) WHERE deleted_at IS NULL;
CREATE INDEX activity_created_at_idx ON activity (created_at, id);
CREATE INDEX activity_custom_idx ON activity USING gin (custom jsonb_path_ops);

CREATE UNIQUE INDEX product_code_key ON product (code) WHERE deleted_at IS NULL;

-- Edges and the orders they are most often read in.
CREATE INDEX users_team_id_idx ON users (team_id);
CREATE INDEX users_name_idx ON users (name COLLATE rapport.ci, id);
CREATE INDEX company_name_idx ON company (name COLLATE rapport.ci, id);
CREATE INDEX company_industry_idx ON company (industry, created_at);
CREATE INDEX company_parent_id_idx ON company (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX company_owner_id_idx ON company (owner_id);
CREATE INDEX contact_name_idx ON contact (name COLLATE rapport.ci, id);
CREATE INDEX contact_company_id_idx ON contact (company_id, name COLLATE rapport.ci, id);
CREATE INDEX contact_status_idx ON contact (status, created_at);
CREATE INDEX contact_email_idx ON contact (email);
CREATE INDEX contact_owner_id_idx ON contact (owner_id);
CREATE INDEX contact_name_trgm_idx ON contact USING gin (name rapport.gin_trgm_ops);
CREATE INDEX company_name_trgm_idx ON company USING gin (name rapport.gin_trgm_ops);
CREATE INDEX stage_pipeline_id_idx ON stage (pipeline_id);
CREATE INDEX opportunity_company_id_idx ON opportunity (company_id, created_at);
CREATE INDEX opportunity_contact_id_idx ON opportunity (contact_id);
CREATE INDEX opportunity_owner_id_idx ON opportunity (owner_id);
CREATE INDEX opportunity_stage_id_idx ON opportunity (stage_id);
CREATE INDEX line_item_opportunity_id_idx ON line_item (opportunity_id);
CREATE INDEX line_item_product_id_idx ON line_item (product_id);
CREATE INDEX activity_company_id_idx ON activity (company_id);
CREATE INDEX activity_contact_id_idx ON activity (contact_id, created_at);
CREATE INDEX activity_opportunity_id_idx ON activity (opportunity_id);
CREATE INDEX activity_owner_id_idx ON activity (owner_id);
