-- Everything a blind server knows. Nothing in here opens a record: contents and keys are sealed, names are random.
-- Every key begins with the space, so that a later, larger database can be divided by it.

-- One row: which life of the database this is.
CREATE TABLE life (
    only        INTEGER PRIMARY KEY CHECK (only = 1),
    incarnation BLOB NOT NULL CHECK (length(incarnation) = 16)
) STRICT;

CREATE TABLE space (
    space         BLOB PRIMARY KEY CHECK (length(space) = 16),
    next_sequence INTEGER NOT NULL DEFAULT 1,
    items         INTEGER NOT NULL DEFAULT 0,
    bytes         INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- The membership log, as it was signed.
CREATE TABLE log_entry (
    space    BLOB NOT NULL,
    position INTEGER NOT NULL,
    entry    BLOB NOT NULL,
    PRIMARY KEY (space, position)
) STRICT;

-- What the server counts for each device that the log ever added.
CREATE TABLE device (
    arrival         INTEGER PRIMARY KEY,
    space           BLOB NOT NULL,
    device          BLOB NOT NULL,
    request_counter INTEGER NOT NULL DEFAULT 0,
    suspended       INTEGER NOT NULL DEFAULT 0,
    items           INTEGER NOT NULL DEFAULT 0,
    bytes           INTEGER NOT NULL DEFAULT 0,
    UNIQUE (space, device)
) STRICT;
CREATE INDEX device_by_name ON device (device, arrival);

-- The authors' chains: headers and hashes, which stay when contents are destroyed.
-- state 0: stored, its items have numbers; 1: stale epoch, in the chain only; 2: refused for ever, in the chain only.
CREATE TABLE batch (
    space          BLOB NOT NULL,
    device         BLOB NOT NULL,
    counter        INTEGER NOT NULL,
    hash           BLOB NOT NULL,
    previous       BLOB NOT NULL,
    log_length     INTEGER NOT NULL,
    salt           BLOB NOT NULL,
    seen_root      BLOB,
    item_hashes    BLOB NOT NULL,
    signature      BLOB NOT NULL,
    state          INTEGER NOT NULL,
    first_sequence INTEGER,
    PRIMARY KEY (space, device, counter)
) STRICT;

-- Batches that stand outside the chains: kind 0 waits for its predecessor, kind 1 is one side of a fork.
CREATE TABLE aside (
    space   BLOB NOT NULL,
    device  BLOB NOT NULL,
    counter INTEGER NOT NULL,
    hash    BLOB NOT NULL,
    kind    INTEGER NOT NULL,
    batch   BLOB NOT NULL,
    PRIMARY KEY (space, device, counter, hash)
) STRICT;

-- creator: the device that pushed the record's first capsule. opened_to_epoch: the number of the capsule that last let
-- desks read what they could not read before. erased: the number of its tombstone.
CREATE TABLE record (
    space           BLOB NOT NULL,
    record          BLOB NOT NULL,
    creator         BLOB NOT NULL,
    opened_to_epoch INTEGER,
    erased          INTEGER,
    PRIMARY KEY (space, record)
) STRICT, WITHOUT ROWID;

-- Which record a generation of keys belongs to.
CREATE TABLE generation (
    space      BLOB NOT NULL,
    commitment BLOB NOT NULL,
    record     BLOB NOT NULL,
    PRIMARY KEY (space, commitment)
) STRICT, WITHOUT ROWID;

-- Single devices that may read a record. opened: the number of the capsule that last let the device read what it could
-- not read before; 0 for what it created itself.
CREATE TABLE reader (
    space  BLOB NOT NULL,
    device BLOB NOT NULL,
    record BLOB NOT NULL,
    opened INTEGER NOT NULL,
    PRIMARY KEY (space, device, record)
) STRICT, WITHOUT ROWID;

-- Narrow on purpose: finding what is new walks this table and reads no contents.
-- kind 0: write with a new key, 1: write under a known key, 2: grant, 3: tombstone.
CREATE TABLE item (
    space    BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    record   BLOB NOT NULL,
    author   BLOB NOT NULL,
    counter  INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    PRIMARY KEY (space, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_by_record ON item (space, record, sequence);

-- Sealed contents of writes.
CREATE TABLE content (
    space      BLOB NOT NULL,
    sequence   INTEGER NOT NULL,
    commitment BLOB NOT NULL,
    sealed     BLOB NOT NULL,
    PRIMARY KEY (space, sequence)
) STRICT;

-- Sealed keys, apart from the contents, so that a backup can leave them out and an erasure can reach them alone.
CREATE TABLE capsule (
    space      BLOB NOT NULL,
    commitment BLOB NOT NULL,
    sequence   INTEGER NOT NULL,
    record     BLOB NOT NULL,
    capsule    BLOB NOT NULL,
    PRIMARY KEY (space, commitment, sequence)
) STRICT;
CREATE UNIQUE INDEX capsule_by_sequence ON capsule (space, sequence);
