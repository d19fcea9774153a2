-- Members who may not come in for now. They keep their roles, which allow them nothing meanwhile: whatever a write must check
-- lives beside what it writes, so that who was shut out is so for every transaction that begins after this one.
CREATE TABLE suspended_member (
  user_id uuid PRIMARY KEY,
  since timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER raise_rights AFTER INSERT OR UPDATE OR DELETE ON suspended_member FOR EACH STATEMENT EXECUTE FUNCTION rapport.raise_rights();
