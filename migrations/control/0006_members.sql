ALTER TABLE memberships
  -- Since when the membership opens nothing, until it is set free again.
  ADD COLUMN deactivated_at timestamptz,
  ADD COLUMN last_sign_in_at timestamptz;
UPDATE memberships m SET last_sign_in_at = s.at
FROM (SELECT person_id, tenant_id, max(created_at) AS at FROM sessions GROUP BY person_id, tenant_id) s
WHERE s.person_id = m.person_id AND s.tenant_id = m.tenant_id;
