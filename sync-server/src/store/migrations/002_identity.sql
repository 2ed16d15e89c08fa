-- Receipts are in the clear: they state what a server sees anyway. `subject` is what one states without its time, so that
-- stating it again is stating it once. Their rows in `item` have kind 4, for a batch, and then the batch's author in the
-- place of a record; or kind 5, of an erasure.
CREATE TABLE receipt (
    space    BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    author   BLOB NOT NULL,
    subject  BLOB NOT NULL,
    receipt  BLOB NOT NULL,
    PRIMARY KEY (space, sequence)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX receipt_by_subject ON receipt (space, author, subject);
-- When the server stored each entry of a membership log, in milliseconds since 1970 by its own clock: what the time for
-- objections to a motion is counted from. Entries from before this column have no motion among them.
ALTER TABLE log_entry ADD COLUMN stored_at INTEGER NOT NULL DEFAULT 0;
