-- Where a chain ends is signed as its seals are: whoever can write here cannot make a chain end earlier. Heads from before this
-- have no signature, until an operator vouches for them (`rapport tenant accept-audit`).
ALTER TABLE audit_heads
  ADD COLUMN mac_key integer,
  ADD COLUMN proof bytea;
