-- Roles are the tenant's own, in its schema. Here is only what a new member begins with, until their user's record is made.
ALTER TABLE memberships
  -- Ids of roles.
  ADD COLUMN starts_with jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN team_id uuid,
  -- Read by the release before this one alone.
  ALTER COLUMN role SET DEFAULT 'MEMBER';
UPDATE memberships SET starts_with = '["00000000-0000-7000-8000-000000000001"]' WHERE role = 'OWNER';
