-- 100 people in ten teams and 100,000 contacts that are theirs. psql -v schema=t_… -v ann, :ben, :cat: ids of the members who are asked.
SET search_path = :schema, rapport, public;

CREATE FUNCTION public.draw(n bigint, field int, below int) RETURNS int IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN ((hashint8extended(n, field) & 9007199254740991) % below)::int;
CREATE FUNCTION public.id_of(kind int, n bigint) RETURNS uuid IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN ('0000000' || kind || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;

INSERT INTO team (id, name, region) SELECT id_of(1, n), 'Team ' || n, 'Region ' || n % 5 FROM generate_series(0, 9) n;
INSERT INTO users (id, name, email, team_id) SELECT id_of(2, n), 'User ' || n, 'user' || n || '@example.com', id_of(1, n % 10) FROM generate_series(3, 99) n;
UPDATE users SET team_id = id_of(1, 0) WHERE id IN (:'own', :'team', :'rule');

CREATE TEMP TABLE owner AS
  SELECT n, CASE n WHEN 0 THEN :'own'::uuid WHEN 1 THEN :'team'::uuid WHEN 2 THEN :'rule'::uuid ELSE id_of(2, n) END AS id FROM generate_series(0, 99) n;
INSERT INTO company (id, name, industry, owner_id)
SELECT id_of(3, c.n), 'Company ' || draw(c.n, 1, 100000), (ARRAY['ENERGY', 'RETAIL', 'FINANCE'])[1 + draw(c.n, 2, 3)], owner.id
FROM generate_series(0::bigint, 9999) c (n) JOIN owner ON owner.n = draw(c.n, 3, 100);
INSERT INTO contact (id, created_at, updated_at, first_name, last_name, email, phone, title, status, company_id, owner_id)
SELECT id_of(4, c.n), at, at, 'Lena' || draw(c.n, 4, 500), 'Ortiz' || draw(c.n, 5, 5000), 'lena.' || c.n || '@example.com', '+4930' || draw(c.n, 6, 10000000),
  (ARRAY['Founder', 'Engineer', 'Buyer'])[1 + draw(c.n, 7, 3)], (ARRAY['LEAD', 'QUALIFIED', 'CUSTOMER', 'PARTNER', 'CHURNED'])[1 + draw(c.n, 8, 5)],
  id_of(3, draw(c.n, 9, 10000)), owner.id
FROM (SELECT n, timestamptz '2023-01-01' + draw(n, 10, 90000000) * interval '1 second' AS at FROM generate_series(1::bigint, 100000) n) c
JOIN owner ON owner.n = draw(c.n, 11, 100);
