#!/bin/sh
# Makes the bench workspace and loads the harness's rows: prepare.sh DATABASE_URL CSV_FOLDER THIS_FOLDER
# Ids and creation times are the data set's own, which no API lets a caller set: hence SQL.
set -eu
database=$1 csv=$2 rapport=$3/../../target/release/rapport
export RAPPORT_DATABASE_URL="$database"
"$rapport" migrate
echo "rapport-bench-owner" | "$rapport" tenant create Bench --slug bench --email bench@example.com --person Bench --password-stdin
schema=$(psql -XqAt -d "$database" -c "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 't\_%'")
psql -Xq -d "$database" -v ON_ERROR_STOP=1 <<SQL
SET search_path = $schema, rapport, public;

INSERT INTO metadata_field (id, object, name, key, label, type, position, options, filterable)
SELECT gen_random_uuid(), object, name, key, name, type, row_number() OVER (), '[]', name IN ('territory', 'sector')
FROM (VALUES
  ('Contact', 'campaign', 'campaign', 'TEXT'), ('Contact', 'language', 'language', 'TEXT'), ('Contact', 'nps', 'nps', 'NUMBER'),
  ('Contact', 'plan', 'plan', 'TEXT'), ('Contact', 'renewal', 'renewal', 'DATE'), ('Contact', 'score', 'score', 'NUMBER'),
  ('Contact', 'territory', 'territory', 'TEXT'), ('Contact', 'vip', 'vip', 'BOOLEAN'), ('Contact', 'city', 'city', 'TEXT'),
  ('Contact', 'country', 'country', 'TEXT'), ('Contact', 'accountOwner', 'owner', 'TEXT'), ('Contact', 'notes', 'notes', 'TEXT'),
  ('Company', 'sector', 'sector', 'TEXT')
) v(object, name, key, type);
INSERT INTO metadata_field (id, object, name, key, label, type, options)
SELECT gen_random_uuid(), 'Contact', 'status', 'status', 'Status', 'SELECT',
  jsonb_agg(jsonb_build_object('value', s, 'label', initcap(s)) ORDER BY at)
FROM unnest(ARRAY['lead', 'qualified', 'customer', 'partner', 'churned']) WITH ORDINALITY o(s, at);
UPDATE metadata_version SET version = version + 1;

CREATE TEMP TABLE c (id uuid, name text, domain text, industry text, city text, country text, employees int,
  annual_revenue numeric, owner text, created_at timestamptz, updated_at timestamptz);
\copy c FROM '$csv/company.csv' (FORMAT csv, HEADER)
INSERT INTO company (id, name, domain, employee_count, annual_revenue_minor, annual_revenue_currency, created_at, updated_at, custom)
SELECT id, name, domain, employees, annual_revenue * 100, 'EUR', created_at, updated_at, jsonb_build_object('sector', industry) FROM c;

CREATE TEMP TABLE k (id uuid, company_id uuid, first_name text, last_name text, name text, email text, phone text, title text,
  city text, country text, status text, owner text, custom jsonb, created_at timestamptz, updated_at timestamptz, notes text);
\copy k FROM '$csv/contact.csv' (FORMAT csv, HEADER)
INSERT INTO contact (id, company_id, first_name, last_name, email, phone, title, status, created_at, updated_at, custom)
SELECT id, company_id, first_name, last_name, email, phone, title, status, created_at, updated_at,
  jsonb_strip_nulls(custom || jsonb_build_object('city', city, 'country', country, 'owner', owner, 'notes', notes)) FROM k;

CREATE TEMP TABLE d (id uuid, company_id uuid, contact_id uuid, name text, stage text, amount numeric, probability int, owner text,
  close_date date, created_at timestamptz, updated_at timestamptz);
\copy d FROM '$csv/deal.csv' (FORMAT csv, HEADER)
INSERT INTO pipeline (id, name) VALUES ('00000000-0000-7005-8000-000000000001', 'Sales');
INSERT INTO stage (id, name, pipeline_id, position, type)
SELECT gen_random_uuid(), stage, '00000000-0000-7005-8000-000000000001', row_number() OVER (ORDER BY stage),
  CASE stage WHEN 'won' THEN 'WON' WHEN 'lost' THEN 'LOST' ELSE 'OPEN' END
FROM (SELECT DISTINCT stage FROM d) s;
INSERT INTO opportunity (id, name, company_id, contact_id, stage_id, pipeline_id, amount_minor, amount_currency, probability,
  expected_close_date, status, created_at, updated_at)
SELECT d.id, d.name, d.company_id, d.contact_id, s.id, s.pipeline_id, d.amount * 100, 'EUR', d.probability, d.close_date, s.type,
  d.created_at, d.updated_at
FROM d JOIN stage s ON s.name = d.stage ORDER BY d.id;

CREATE TEMP TABLE a (id uuid, contact_id uuid, deal_id uuid, kind text, subject text, body text, owner text, done boolean,
  due_at timestamptz, created_at timestamptz);
\copy a FROM '$csv/activity.csv' (FORMAT csv, HEADER)
INSERT INTO activity (id, contact_id, opportunity_id, type, subject, body, due_at, completed_at, created_at)
SELECT id, contact_id, deal_id, upper(kind), subject, body, due_at, CASE WHEN done THEN due_at END, created_at FROM a;

VACUUM ANALYZE;
SQL
