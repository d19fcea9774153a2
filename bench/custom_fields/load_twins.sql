-- Custom fields with the values of standard fields. psql -v schema=t_…
-- No standard field of a contact is an indexed number, decimal, day or text that many share, so the table gets such columns, unknown to the gateway.
SET search_path = :schema, rapport, public;
INSERT INTO metadata_field (id, object, name, key, label, type, position, filterable, options)
SELECT gen_random_uuid(), 'Contact', name, name, name, type, row_number() OVER (), true,
  coalesce((SELECT jsonb_agg(jsonb_build_object('value', o, 'label', o)) FROM unnest(options) o), '[]')
FROM (VALUES ('statusTwin', 'SELECT', ARRAY['LEAD', 'QUALIFIED', 'CUSTOMER', 'PARTNER', 'CHURNED']), ('emailTwin', 'EMAIL', NULL),
  ('createdTwin', 'DATE_TIME', NULL), ('territory', 'TEXT', NULL), ('score', 'NUMBER', NULL), ('rate', 'DECIMAL', NULL), ('renewal', 'DATE', NULL)
) v(name, type, options);
UPDATE metadata_version SET version = version + 1;
ALTER TABLE contact ADD territory text, ADD score double precision, ADD rate numeric, ADD renewal date;
INSERT INTO contact (id, created_at, updated_at, first_name, last_name, email, phone, title, status, custom, territory, score, rate, renewal)
SELECT id, created_at, updated_at, first_name, last_name, email, phone, title, status,
  (c.custom - ARRAY['plan', 'vip', 'budget', 'topics']) || jsonb_build_object('statusTwin', status, 'emailTwin', email,
    'createdTwin', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
  c.custom->>'territory', (c.custom->'score')::float8, (c.custom->>'rate')::numeric, (c.custom->>'renewal')::date
FROM :source.contact c;
CREATE INDEX ON contact (territory, created_at);
CREATE INDEX ON contact (score, created_at);
CREATE INDEX ON contact (rate, created_at);
CREATE INDEX ON contact (renewal, created_at);
