-- What signing costs an entry of the log, in the server: the statement of before and the one of `tenancy/src/log.rs`, in turn, on tables
-- with their indexes. psql -f bench/audit/insert.sql postgres://…  on a database of no importance. Times are microseconds of CPU of the backend an entry, the best of seven;
-- only a superuser of a server on Linux may read them.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
-- As the gateway's prepared statements come to be planned.
SET plan_cache_mode = force_generic_plan;
SET client_min_messages = notice;
DROP SCHEMA IF EXISTS bench_audit CASCADE;
CREATE SCHEMA bench_audit;
SET search_path = bench_audit;
CREATE TABLE before (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, txid xid8 NOT NULL DEFAULT pg_current_xact_id(), epoch integer NOT NULL DEFAULT 1,
  occurred_at timestamptz NOT NULL DEFAULT now(), actor uuid, type text NOT NULL, object text, record_id uuid, version integer,
  changed text[] NOT NULL DEFAULT '{}', before jsonb, after jsonb, request_id text, trace_id text, import_id uuid);
CREATE INDEX ON before (object, record_id, id);
CREATE INDEX ON before (import_id, id) WHERE import_id IS NOT NULL;
CREATE INDEX ON before (txid, id);
CREATE TABLE event (LIKE before INCLUDING ALL, uid uuid, subject_kind text, subject uuid, through_kind text, through uuid, address inet,
  user_agent text, details jsonb, mac_key integer, mac bytea);
CREATE INDEX ON event (subject, id) WHERE subject IS NOT NULL;
CREATE INDEX ON event USING brin (occurred_at);
CREATE INDEX ON event USING gin ((details -> 'records')) WHERE details ? 'records';
CREATE TABLE log_epoch (epoch integer);
INSERT INTO log_epoch VALUES (1);

CREATE FUNCTION old_way(n integer) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO bench_audit.before (occurred_at, actor, request_id, trace_id, import_id, type, object, record_id, version, before, after, changed)
  SELECT now(), '00000000-0000-7000-8000-000000000001', '0198a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', NULL, NULL, u.type, u.object, u.record_id, u.version, u.before, u.after,
    CASE WHEN u.changed = '' THEN '{}'::text[] ELSE string_to_array(u.changed, ',') END
  FROM (SELECT 'contact.created' AS type, 'Contact' AS object, gen_random_uuid() AS record_id, 1 AS version, NULL::jsonb AS before,
          jsonb_build_object('id', gen_random_uuid(), 'firstName', 'Lena', 'lastName', 'Ortiz ' || g, 'name', 'Lena Ortiz', 'email', 'lena.' || g || '@example.com',
            'phone', '+49301234567', 'status', 'LEAD', 'companyId', gen_random_uuid(), 'externalId', 'key-' || g) AS after, '' AS changed,
          gen_random_uuid() AS uid, '\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'::bytea AS secret
        FROM generate_series(1, n) g) AS u;
END $$;
CREATE FUNCTION new_way(n integer) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO bench_audit.event (id, txid, epoch, occurred_at, uid, actor, subject_kind, subject, through_kind, through, address, user_agent, type, object,
    record_id, version, changed, before, after, details, request_id, trace_id, import_id, mac_key, mac) OVERRIDING SYSTEM VALUE
  SELECT e.id, e.txid, e.epoch, e.occurred_at, e.uid, e.actor, e.subject_kind, e.subject, e.through_kind, e.through, e.address, e.user_agent, e.type, e.object,
    e.record_id, e.version, e.changed, e.before, e.after, e.details, e.request_id, e.trace_id, e.import_id, e.mac_key,
    CASE WHEN e.mac_key IS NOT NULL THEN sha256(e.secret || int8send(e.id) || xid8send(e.txid) || int4send(e.epoch) || e.content ||
      sha256(convert_to(e.changed::text || E'\n' || coalesce(e.before::text, '') || E'\n' || coalesce(e.after::text, '') || E'\n' || coalesce(e.details::text, ''), 'UTF8'))) END
  FROM (SELECT nextval('bench_audit.event_id_seq') AS id, pg_current_xact_id() AS txid, (SELECT epoch FROM bench_audit.log_epoch) AS epoch, s.* FROM (
    SELECT now() AS occurred_at, '00000000-0000-7000-8000-000000000001'::uuid AS actor, 'USER' AS subject_kind, '00000000-0000-7000-8000-000000000001'::uuid AS subject,
      'SESSION' AS through_kind, '00000000-0000-7000-8000-000000000002'::uuid AS through, '192.0.2.1'::inet AS address, 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0' AS user_agent,
      '0198a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' AS request_id, NULL::text AS trace_id, NULL::uuid AS import_id, 1 AS mac_key, u.*,
      CASE WHEN u.changes = '' THEN '{}'::text[] ELSE string_to_array(u.changes, ',') END AS changed
    FROM (SELECT 'contact.created' AS type, 'Contact' AS object, gen_random_uuid() AS record_id, 1 AS version, NULL::jsonb AS before, NULL::jsonb AS details,
          jsonb_build_object('id', gen_random_uuid(), 'firstName', 'Lena', 'lastName', 'Ortiz ' || g, 'name', 'Lena Ortiz', 'email', 'lena.' || g || '@example.com',
            'phone', '+49301234567', 'status', 'LEAD', 'companyId', gen_random_uuid(), 'externalId', 'key-' || g) AS after, '' AS changes,
          gen_random_uuid() AS uid, '\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'::bytea AS secret,
          '\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'::bytea AS content
        FROM generate_series(1, n) g) AS u) AS s) AS e;
END $$;
CREATE FUNCTION cpu() RETURNS numeric LANGUAGE sql AS $$ SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::numeric / 1000 $$;
-- `LIKE … INCLUDING ALL` names the sequence of the identity by itself.
DO $$
DECLARE best_old numeric := 1e9; best_new numeric := 1e9; t numeric; us numeric;
BEGIN
  FOR size IN 1..2 LOOP
    best_old := 1e9; best_new := 1e9;
    FOR round IN 1..7 LOOP
      t := bench_audit.cpu();
      FOR n IN 1..CASE size WHEN 1 THEN 3000 ELSE 20 END LOOP PERFORM old_way(CASE size WHEN 1 THEN 1 ELSE 1000 END); END LOOP;
      us := (bench_audit.cpu() - t) / CASE size WHEN 1 THEN 3000 ELSE 20000 END; best_old := least(best_old, us);
      t := bench_audit.cpu();
      FOR n IN 1..CASE size WHEN 1 THEN 3000 ELSE 20 END LOOP PERFORM new_way(CASE size WHEN 1 THEN 1 ELSE 1000 END); END LOOP;
      us := (bench_audit.cpu() - t) / CASE size WHEN 1 THEN 3000 ELSE 20000 END; best_new := least(best_new, us);
    END LOOP;
    RAISE NOTICE '% at a time: before % us, signed % us an entry', CASE size WHEN 1 THEN 1 ELSE 1000 END, round(best_old, 1), round(best_new, 1);
  END LOOP;
END $$;
DROP SCHEMA bench_audit CASCADE;
