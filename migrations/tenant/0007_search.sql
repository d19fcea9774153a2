-- What search finds by: a projection of the log. It can be emptied at any time and is filled again from the records.

CREATE TABLE search_entry (
  object text NOT NULL,
  record_id uuid NOT NULL,
  -- Words of the name, for hits whose name is or starts with what is looked for. Empty where members may not see it.
  title text COLLATE "C" NOT NULL,
  words tsvector NOT NULL,
  -- With the words of fields that owners alone see, where the record has some.
  all_words tsvector,
  PRIMARY KEY (object, record_id)
);
CREATE INDEX search_entry_title_idx ON search_entry (title, record_id);
CREATE INDEX search_entry_words_idx ON search_entry USING gin (words);
CREATE INDEX search_entry_all_words_idx ON search_entry USING gin (all_words) WHERE all_words IS NOT NULL;

-- The words of all entries that can be misspelt, and how many entries have each.
CREATE TABLE search_word (
  word text COLLATE "C" PRIMARY KEY,
  entries bigint NOT NULL
);
CREATE INDEX search_word_trgm_idx ON search_word USING gin (word rapport.gin_trgm_ops);

-- Which fields the entries of an object were made from, and how far its records are read anew since that changed.
CREATE TABLE search_object (
  object text PRIMARY KEY,
  fields text,
  building text,
  last_read uuid
);

-- How far the log is read. A position in it is a snapshot: what the snapshot sees is done. While events are read, those
-- that `target` sees and `done` does not, up to (txid, id) are done as well.
CREATE TABLE search_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  done pg_snapshot NOT NULL DEFAULT pg_current_snapshot(),
  target pg_snapshot,
  txid xid8 NOT NULL DEFAULT '0',
  id bigint NOT NULL DEFAULT 0
);
INSERT INTO search_state DEFAULT VALUES;

-- Whoever reads the log reads it in this order. Always at the right edge, so that writes pay next to nothing for it.
CREATE INDEX event_position_idx ON event (txid, id);
