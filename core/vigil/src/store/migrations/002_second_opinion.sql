-- Opinions that this device gave and has not opened yet: view, reasons and salt, which nobody else may see before
-- another person is bound to an opinion of their own. `commitment` is the event that binds to it. A row goes in the
-- transaction that opens it, or with its record.
CREATE TABLE unopened_opinion (
    commitment BLOB PRIMARY KEY,
    record     INTEGER NOT NULL REFERENCES record (number) ON DELETE CASCADE,
    judgement  BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX unopened_opinion_by_record ON unopened_opinion (record);

-- Instruments that a programme brought, as the files they came in, by the digest of their canonical form: two files
-- under one name stand beside each other.
CREATE TABLE instruments (
    id       TEXT NOT NULL,
    version  INTEGER NOT NULL,
    digest   BLOB NOT NULL,
    file     TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (id, version, digest)
) STRICT;
