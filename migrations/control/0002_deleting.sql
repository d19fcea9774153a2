-- A workspace on its way out. Its data goes first, this row last, so a deletion that was cut off is found and ended.
ALTER TABLE tenants DROP CONSTRAINT tenants_state_check;
ALTER TABLE tenants ADD CONSTRAINT tenants_state_check
  CHECK (state IN ('PROVISIONING', 'ACTIVE', 'QUARANTINED', 'DELETING'));
