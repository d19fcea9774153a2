-- 100,000 contacts with 8 custom fields in Rapport's own tables, and the same in an EAV table beside them. psql -v schema=t_…
-- Every field but `vip` is missing on a tenth of the records.
SET search_path = :schema, rapport, public;

CREATE FUNCTION public.draw(n bigint, field int, below int) RETURNS int IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN ((hashint8extended(n, field) & 9007199254740991) % below)::int;
CREATE FUNCTION public.has(n bigint, field int) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE sql RETURN draw(n, field + 100, 10) > 0;

CREATE FUNCTION public.custom_of(n bigint) RETURNS jsonb IMMUTABLE PARALLEL SAFE LANGUAGE sql RETURN jsonb_strip_nulls(jsonb_build_object(
  'territory', CASE WHEN has(n, 1) THEN 'T' || lpad(draw(n, 1, 1000)::text, 4, '0') END,
  'plan', CASE WHEN has(n, 2) THEN (ARRAY['FREE', 'TEAM', 'BUSINESS', 'ENTERPRISE', 'TRIAL'])[1 + draw(n, 2, 5)] END,
  'score', CASE WHEN has(n, 3) THEN draw(n, 3, 100000) / 100.0 END,
  'rate', CASE WHEN has(n, 4) THEN to_char(draw(n, 4, 100000) / 1000.0, 'FM990.000') END,
  'renewal', CASE WHEN has(n, 5) THEN (DATE '2024-01-01' + draw(n, 5, 1000))::text END,
  'vip', draw(n, 6, 20) = 0,
  'budget', CASE WHEN has(n, 7) THEN jsonb_build_object('minor', 100 * draw(n, 7, 100000), 'currency', (ARRAY['EUR', 'USD'])[1 + draw(n, 17, 2)]) END,
  'topics', CASE WHEN has(n, 8) THEN to_jsonb(ARRAY['A' || draw(n, 8, 20), 'B' || draw(n, 18, 20), 'C' || draw(n, 28, 20)]) END));

INSERT INTO metadata_field (id, object, name, key, label, type, position, filterable, options)
SELECT gen_random_uuid(), 'Contact', name, name, name, type, row_number() OVER (), filterable,
  coalesce((SELECT jsonb_agg(jsonb_build_object('value', o, 'label', o)) FROM unnest(options) o), '[]')
FROM (VALUES
  ('territory', 'TEXT', true, NULL), ('plan', 'SELECT', true, ARRAY['FREE', 'TEAM', 'BUSINESS', 'ENTERPRISE', 'TRIAL']),
  ('score', 'NUMBER', true, NULL), ('rate', 'DECIMAL', true, NULL), ('renewal', 'DATE', true, NULL), ('vip', 'BOOLEAN', false, NULL),
  ('budget', 'CURRENCY', true, NULL),
  ('topics', 'MULTI_SELECT', false, (SELECT array_agg(letter || n) FROM unnest(ARRAY['A', 'B', 'C']) letter, generate_series(0, 19) n))
) v(name, type, filterable, options);
UPDATE metadata_version SET version = version + 1;

INSERT INTO contact (id, created_at, updated_at, first_name, last_name, email, phone, title, status, custom)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, at, at, 'Lena' || draw(n, 31, 500), 'Ortiz' || draw(n, 32, 5000),
  'lena.' || n || '@example.com', '+4930' || draw(n, 33, 10000000), (ARRAY['Founder', 'Engineer', 'Buyer'])[1 + draw(n, 34, 3)],
  (ARRAY['LEAD', 'QUALIFIED', 'CUSTOMER', 'PARTNER', 'CHURNED'])[1 + draw(n, 35, 5)], custom_of(n)
FROM (SELECT n, timestamptz '2023-01-01' + draw(n, 30, 90000000) * interval '1 second' AS at FROM generate_series(1::bigint, 100000) n) rows;

-- EAV as it is best: small keys, an index for each type that leaves out what is not of it, a contact's rows side by side.
CREATE SCHEMA eav;
CREATE TABLE eav.contact (LIKE contact INCLUDING ALL);
ALTER TABLE eav.contact DROP COLUMN custom;
CREATE TABLE eav.value (
  contact_id uuid NOT NULL,
  field_id smallint NOT NULL,
  text_value text,
  number_value double precision,
  decimal_value numeric,
  currency text,
  date_value date,
  boolean_value boolean,
  list_value text[],
  PRIMARY KEY (contact_id, field_id)
);
INSERT INTO eav.contact (id, created_at, updated_at, first_name, last_name, email, phone, title, status)
SELECT id, created_at, updated_at, first_name, last_name, email, phone, title, status FROM contact ORDER BY id;

CREATE FUNCTION eav.rows_of(id uuid, custom jsonb) RETURNS SETOF eav.value IMMUTABLE LANGUAGE sql AS $$
  SELECT * FROM (VALUES
    (id, 1::smallint, custom->>'territory', NULL::float8, NULL::numeric, NULL::text, NULL::date, NULL::boolean, NULL::text[]),
    (id, 2, custom->>'plan', NULL, NULL, NULL, NULL, NULL, NULL),
    (id, 3, NULL, (custom->'score')::float8, NULL, NULL, NULL, NULL, NULL),
    (id, 4, NULL, NULL, (custom->>'rate')::numeric, NULL, NULL, NULL, NULL),
    (id, 5, NULL, NULL, NULL, NULL, (custom->>'renewal')::date, NULL, NULL),
    (id, 6, NULL, NULL, NULL, NULL, NULL, (custom->'vip')::boolean, NULL),
    (id, 7, NULL, NULL, (custom->'budget'->'minor')::numeric / 100, custom->'budget'->>'currency', NULL, NULL, NULL),
    (id, 8, NULL, NULL, NULL, NULL, NULL, NULL,
      CASE WHEN custom ? 'topics' THEN ARRAY(SELECT jsonb_array_elements_text(custom->'topics')) END)
  ) v WHERE num_nonnulls(column3, column4, column5, column7, column8, column9) > 0 $$;
INSERT INTO eav.value SELECT v.* FROM contact, LATERAL eav.rows_of(id, custom) v ORDER BY 1, 2;
CREATE INDEX value_text_idx ON eav.value (field_id, text_value) WHERE text_value IS NOT NULL;
CREATE INDEX value_number_idx ON eav.value (field_id, number_value) WHERE number_value IS NOT NULL;
CREATE INDEX value_decimal_idx ON eav.value (field_id, decimal_value) WHERE decimal_value IS NOT NULL;
CREATE INDEX value_date_idx ON eav.value (field_id, date_value) WHERE date_value IS NOT NULL;
CREATE INDEX value_boolean_idx ON eav.value (field_id, boolean_value) WHERE boolean_value IS NOT NULL;
CREATE INDEX value_list_idx ON eav.value USING gin (list_value) WHERE list_value IS NOT NULL;
-- Without these the planner takes field and value for independent, and is wrong by factors.
CREATE STATISTICS eav.value_text (mcv) ON field_id, text_value FROM eav.value;
CREATE STATISTICS eav.value_boolean (mcv) ON field_id, boolean_value FROM eav.value;
CREATE STATISTICS eav.value_kinds (dependencies) ON field_id, number_value, decimal_value, date_value FROM eav.value;
