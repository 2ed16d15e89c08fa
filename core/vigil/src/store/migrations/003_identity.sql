-- 1 while somebody has taken the record out of the lists.
ALTER TABLE record ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;

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
-- What is left of a record whose readable copy this device destroyed (ADR 0015): no station, no name. `created_at` is cut to
-- the hour. `why` is 0: handed over, 1: older than this device's role keeps, 2: assigned to others. `received` is 1 once
-- receipts cover all that this device sent of it.
CREATE TABLE handed_over (
    record     BLOB PRIMARY KEY,
    kind       TEXT NOT NULL,
    creator    BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    why        INTEGER NOT NULL,
    received   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX handed_over_by_time ON handed_over (created_at DESC, record DESC);

-- Items of this device's acknowledged batches that no receipt covers yet, as they were sent; `batch` has their headers.
CREATE TABLE kept_item (
    counter INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    record  BLOB NOT NULL,
    item    BLOB NOT NULL,
    PRIMARY KEY (counter, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_item_by_record ON kept_item (record);

-- When the last save of a record was acknowledged, by the newest time that others had signed.
CREATE TABLE acknowledged (
    record BLOB PRIMARY KEY,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Items of others' batches that were taken in here and for which no receipt is written yet.
CREATE TABLE taken_item (
    device  BLOB NOT NULL,
    counter INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    PRIMARY KEY (device, counter, place)
) STRICT, WITHOUT ROWID;

-- Receipts that wait for a batch (`batch` is NULL), or for its acknowledgement.
CREATE TABLE waiting_receipt (
    number  INTEGER PRIMARY KEY,
    receipt BLOB NOT NULL,
    batch   INTEGER
) STRICT;

-- Records that a person erased on this device, and why, as a code: what is erased is not told again. `complete` is 1 where
-- the device knew who could read the record.
CREATE TABLE erasure (
    record    BLOB PRIMARY KEY,
    reason    TEXT NOT NULL,
    erased_at INTEGER NOT NULL,
    complete  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The devices that could read it when it was erased.
CREATE TABLE erasure_reader (
    record BLOB NOT NULL,
    device BLOB NOT NULL,
    PRIMARY KEY (record, device)
) STRICT, WITHOUT ROWID;

-- Devices that say that they destroyed a record; whoever erased it counts them.
CREATE TABLE erasure_confirmed (
    record BLOB NOT NULL,
    device BLOB NOT NULL,
    PRIMARY KEY (record, device)
) STRICT, WITHOUT ROWID;

-- Names of the keys of such records, without the keys: what others write under them is passed over.
CREATE TABLE gone_generation (
    commitment BLOB PRIMARY KEY,
    record     BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX gone_generation_by_record ON gone_generation (record);

-- Batches that were carried here and cannot be judged yet: their author, or the part of the membership log that they were signed
-- over, is not known on this device (ADR 0020). `digest` is of the whole batch, so that no forged one takes a true one's place.
CREATE TABLE carried_batch (
    digest BLOB PRIMARY KEY,
    device BLOB NOT NULL,
    batch  BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX carried_batch_by_device ON carried_batch (device);
