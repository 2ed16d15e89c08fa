-- One row a fact about this device: its keys, its space, its cursor.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The membership log, in order. `confirmed` is 0 for entries written here that the server has not taken yet.
CREATE TABLE log_entry (
    position  INTEGER PRIMARY KEY,
    entry     BLOB NOT NULL,
    confirmed INTEGER NOT NULL
) STRICT;

-- Private halves of epochs that this device holds.
CREATE TABLE epoch_key (
    epoch       INTEGER PRIMARY KEY,
    private_key BLOB NOT NULL
) STRICT;

-- What lists and search need of a record; its document stands in `document`, so that a list never reads one.
CREATE TABLE record (
    number      INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    creator     BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    title       TEXT NOT NULL,
    place       TEXT,
    outcome     TEXT,
    points      INTEGER,
    band        TEXT,
    people      INTEGER,
    minutes     INTEGER,
    conflicts   INTEGER NOT NULL,
    unsent      INTEGER NOT NULL
) STRICT;
CREATE INDEX record_by_time ON record (created_at DESC, number DESC);
CREATE INDEX record_by_kind ON record (kind, created_at DESC, number DESC);
CREATE INDEX record_in_conflict ON record (number) WHERE conflicts > 0;

CREATE TABLE document (
    record INTEGER PRIMARY KEY REFERENCES record (number) ON DELETE CASCADE,
    facts  BLOB NOT NULL,
    actor  BLOB
) STRICT;

-- Random links that a screening and the persons in it share, and nothing else.
CREATE TABLE record_link (
    link   BLOB NOT NULL,
    record INTEGER NOT NULL REFERENCES record (number) ON DELETE CASCADE,
    PRIMARY KEY (link, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_link_by_record ON record_link (record);

-- Links of persons who were let go by somebody who did not hold their records: whoever holds one erases it, also one that
-- arrives later.
CREATE TABLE let_go_link (
    link BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Signed decisions beside the facts.
CREATE TABLE event (
    record INTEGER NOT NULL REFERENCES record (number) ON DELETE CASCADE,
    id     BLOB NOT NULL,
    event  BLOB NOT NULL,
    PRIMARY KEY (record, id)
) STRICT, WITHOUT ROWID;

-- The text that is searched. Vowel signs and other marks belong to a word (categories M*), or Devanagari falls apart.
CREATE VIRTUAL TABLE search USING fts5 (
    text,
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'",
    columnsize = 0
);
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);

-- Record keys, one a generation, named by their commitment. `log_length` is how much of the membership log its starter
-- knew: a later change in who may read ends the generation. `sent` says that a signed batch carries its capsule.
CREATE TABLE generation (
    commitment BLOB PRIMARY KEY,
    record     BLOB NOT NULL,
    record_key BLOB NOT NULL,
    starter    BLOB NOT NULL,
    log_length INTEGER NOT NULL,
    ordinal    INTEGER NOT NULL,
    sequence   INTEGER,
    sent       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX generation_by_record ON generation (record, ordinal DESC);

-- Saves that no signed batch carries yet (`batch` is NULL), or that one carries which is not acknowledged, or that the
-- server refused on their own (`batch` is -1): they wait for a person and stop nobody else. No index: every page that a save
-- touches brings the next checkpoint nearer, and the outbox is read in the order of its numbers.
CREATE TABLE pending (
    number  INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: sealed copies are known by it
    record  BLOB NOT NULL,
    content BLOB NOT NULL,
    batch   INTEGER
) STRICT;

-- Batches of this device that are written down before their first byte leaves.
CREATE TABLE outgoing (
    counter INTEGER PRIMARY KEY,
    batch   BLOB NOT NULL
) STRICT;

-- Headers of all batches that this device has verified, its own too.
CREATE TABLE batch (
    device    BLOB NOT NULL,
    chain     INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    previous  BLOB NOT NULL,
    header    BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (device, chain, number)
) STRICT, WITHOUT ROWID;

-- Original items of records that this device can read: kept until a verified snapshot covers them.
CREATE TABLE envelope (
    device  BLOB NOT NULL,
    chain   INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    record  BLOB NOT NULL,
    item    BLOB NOT NULL,
    PRIMARY KEY (device, chain, number, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX envelope_by_record ON envelope (record);

-- Items that cannot be taken in now, with the reason; never dropped. `held` is 1 for those that only an officer's word can
-- release (their author was removed or suspended, or they stopped an earlier attempt); the others are tried again.
CREATE TABLE parked (
    device    BLOB NOT NULL,
    chain     INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    place     INTEGER NOT NULL,
    record    BLOB,
    reason    TEXT NOT NULL,
    held      INTEGER NOT NULL,
    item      BLOB NOT NULL,
    PRIMARY KEY (device, chain, number, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX parked_by_record ON parked (record);

-- Authors that signed two batches under one counter, with both headers as proof.
CREATE TABLE equivocation (
    device  BLOB NOT NULL,
    counter INTEGER NOT NULL,
    first   BLOB NOT NULL,
    second  BLOB NOT NULL,
    PRIMARY KEY (device, counter)
) STRICT, WITHOUT ROWID;

-- Records that were erased: nothing of them may come back.
CREATE TABLE tombstone (
    record BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Screenings in progress. They never leave the device; every answer is durable when given.
CREATE TABLE draft (
    id         BLOB PRIMARY KEY,
    started_at INTEGER NOT NULL,
    content    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
