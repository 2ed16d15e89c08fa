-- Cards of other spaces. A share goes to one only after two people compared its number.
CREATE TABLE space_card (
    space     BLOB PRIMARY KEY,
    card      BLOB NOT NULL,
    confirmed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Shares as they were sealed and signed, for sending again. This device cannot open them; they go with their record.
CREATE TABLE sent_share (
    share   BLOB PRIMARY KEY,
    record  INTEGER NOT NULL REFERENCES record (number) ON DELETE CASCADE,
    message BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sent_share_by_record ON sent_share (record);
