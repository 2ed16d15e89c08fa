//! Numbered items: a narrow row for finding them, and their sealed contents and capsules in tables of their own.
//! An item read back promises to be the one that was stored, or not to be there at all.

use super::{receipts, signed, unsigned};
use crate::error::ServerError;
use minicbor::bytes::ByteVec;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use vigil_protocol::{Capsule, DeviceId, Item, KeyCommitment, KeyReference, Receipt, RecordId, SpaceId, canonical};

/// What an item does, as its row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemKind {
    WriteNew,
    WriteKnown,
    Grant,
    Tombstone,
    /// For the author of a batch.
    BatchReceipt,
    /// Of an erasure.
    ErasureReceipt,
}

impl ItemKind {
    /// The kind of an item.
    pub(crate) fn of(item: &Item) -> Self {
        match item {
            Item::Write(KeyReference::New(_), _) => Self::WriteNew,
            Item::Write(KeyReference::Known(_), _) => Self::WriteKnown,
            Item::Grant(_) => Self::Grant,
            Item::Tombstone(_) => Self::Tombstone,
            Item::Receipt(Receipt::Batch { .. }) => Self::BatchReceipt,
            Item::Receipt(Receipt::Erased { .. }) => Self::ErasureReceipt,
        }
    }

    pub(crate) fn column(self) -> i64 {
        match self {
            Self::WriteNew => 0,
            Self::WriteKnown => 1,
            Self::Grant => 2,
            Self::Tombstone => 3,
            Self::BatchReceipt => 4,
            Self::ErasureReceipt => 5,
        }
    }

    pub(crate) fn from_column(column: i64) -> Result<Self, ServerError> {
        [Self::WriteNew, Self::WriteKnown, Self::Grant, Self::Tombstone, Self::BatchReceipt, Self::ErasureReceipt]
            .into_iter()
            .find(|kind| kind.column() == column)
            .ok_or(ServerError::DamagedRow { what: "kind of an item" })
    }
}

impl ItemKind {
    /// Whether it goes to a device by itself, and not together with a record.
    pub(crate) fn is_receipt(self) -> bool {
        matches!(self, Self::BatchReceipt | Self::ErasureReceipt)
    }
}

/// What finding needs to know of an item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ItemRow {
    pub(crate) sequence: u64,
    pub(crate) record: RecordId,
    pub(crate) author: DeviceId,
    pub(crate) counter: u64,
    pub(crate) kind: ItemKind,
    pub(crate) bytes: u64,
}

/// How many bytes an item takes, on the wire and in quotas.
pub(crate) fn size(item: &Item) -> u64 {
    match item {
        Item::Write(KeyReference::New(capsule), sealed) => capsule_size(capsule) + sealed.len() as u64,
        Item::Write(KeyReference::Known(_), sealed) => 40 + sealed.len() as u64,
        Item::Grant(capsule) => capsule_size(capsule),
        Item::Tombstone(_) => 24,
        // Each range of items: two small numbers.
        Item::Receipt(Receipt::Batch { items, .. }) => 80 + 8 * items.ranges().len() as u64,
        Item::Receipt(Receipt::Erased { .. }) => 24,
    }
}

fn capsule_size(capsule: &Capsule) -> u64 {
    // Each copy: a recipient of up to 20 bytes, 34 of encapsulated key, 50 of sealed key.
    64 + 104 * capsule.sealed.len() as u64
}

/// Stores an item under its number.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    space: &SpaceId,
    row: &ItemRow,
    item: &Item,
) -> Result<(), ServerError> {
    if let Item::Receipt(receipt) = item {
        receipts::insert(transaction, space, (&row.author, row.sequence), receipt)?;
    }
    let space = space.as_bytes();
    transaction
        .prepare_cached(
            "INSERT INTO item (space, sequence, record, author, counter, kind, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            space,
            signed(row.sequence),
            row.record.as_bytes(),
            row.author.as_bytes(),
            signed(row.counter),
            row.kind.column(),
            signed(row.bytes),
        ])?;
    if let Item::Write(key, sealed) = item {
        transaction
            .prepare_cached("INSERT INTO content (space, sequence, commitment, sealed) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![space, signed(row.sequence), key.commitment().as_bytes(), sealed.as_slice()])?;
    }
    if let Some(capsule) = item.capsule() {
        transaction
            .prepare_cached(
                "INSERT INTO capsule (space, commitment, sequence, record, capsule) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                space,
                capsule.commitment.as_bytes(),
                signed(row.sequence),
                capsule.record.as_bytes(),
                canonical::encode(capsule),
            ])?;
    }
    Ok(())
}

/// The commitment of the capsule in the item with this number.
pub(crate) fn commitment_at(
    connection: &Connection,
    space: &SpaceId,
    sequence: u64,
) -> Result<Option<KeyCommitment>, ServerError> {
    let commitment = connection
        .prepare_cached("SELECT commitment FROM capsule WHERE space = ?1 AND sequence = ?2")?
        .query_row(params![space.as_bytes(), signed(sequence)], |row| row.get(0).map(KeyCommitment))
        .optional()?;
    Ok(commitment)
}

fn capsule_at(connection: &Connection, space: &SpaceId, sequence: u64) -> Result<Capsule, ServerError> {
    let damaged = ServerError::DamagedRow { what: "capsule" };
    let bytes: Vec<u8> = connection
        .prepare_cached("SELECT capsule FROM capsule WHERE space = ?1 AND sequence = ?2")?
        .query_row(params![space.as_bytes(), signed(sequence)], |row| row.get(0))
        .optional()?
        .ok_or(ServerError::DamagedRow { what: "capsule" })?;
    canonical::decode(&bytes).map_err(|_| damaged)
}

fn content_at(
    connection: &Connection,
    space: &SpaceId,
    sequence: u64,
) -> Result<(KeyCommitment, ByteVec), ServerError> {
    connection
        .prepare_cached("SELECT commitment, sealed FROM content WHERE space = ?1 AND sequence = ?2")?
        .query_row(params![space.as_bytes(), signed(sequence)], |row| {
            Ok((KeyCommitment(row.get(0)?), ByteVec::from(row.get::<_, Vec<u8>>(1)?)))
        })
        .optional()?
        .ok_or(ServerError::DamagedRow { what: "content" })
}

/// The whole item of a row.
pub(crate) fn load(connection: &Connection, space: &SpaceId, row: &ItemRow) -> Result<Item, ServerError> {
    Ok(match row.kind {
        ItemKind::WriteNew => {
            let (_, sealed) = content_at(connection, space, row.sequence)?;
            Item::Write(KeyReference::New(capsule_at(connection, space, row.sequence)?), sealed)
        }
        ItemKind::WriteKnown => {
            let (commitment, sealed) = content_at(connection, space, row.sequence)?;
            Item::Write(KeyReference::Known(commitment), sealed)
        }
        ItemKind::Grant => Item::Grant(capsule_at(connection, space, row.sequence)?),
        ItemKind::Tombstone => Item::Tombstone(row.record),
        ItemKind::BatchReceipt | ItemKind::ErasureReceipt => {
            Item::Receipt(receipts::load(connection, space, row.sequence)?)
        }
    })
}

/// All items of a record, in ascending order; without those of one author, if one is named.
pub(crate) fn of_record(
    connection: &Connection,
    space: &SpaceId,
    record: &RecordId,
    without: Option<&DeviceId>,
) -> Result<Vec<ItemRow>, ServerError> {
    let mut statement = connection.prepare_cached(
        // Without statistics SQLite would rather walk the whole space in the order of the numbers.
        "SELECT sequence, author, counter, kind, bytes FROM item INDEXED BY item_by_record \
         WHERE space = ?1 AND record = ?2 AND author IS NOT ?3 AND kind < 4 ORDER BY sequence",
    )?;
    let mut rows = statement.query(params![space.as_bytes(), record.as_bytes(), without.map(DeviceId::as_bytes)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(ItemRow {
            sequence: unsigned(row.get(0)?),
            record: *record,
            author: DeviceId(row.get(1)?),
            counter: unsigned(row.get(2)?),
            kind: ItemKind::from_column(row.get(3)?)?,
            bytes: unsigned(row.get(4)?),
        });
    }
    Ok(found)
}

/// All items of a space.
pub(crate) fn all(connection: &Connection, space: &SpaceId) -> Result<Vec<ItemRow>, ServerError> {
    let mut statement =
        connection.prepare("SELECT sequence, record, author, counter, kind, bytes FROM item WHERE space = ?1")?;
    let mut rows = statement.query([space.as_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(ItemRow {
            sequence: unsigned(row.get(0)?),
            record: RecordId(row.get(1)?),
            author: DeviceId(row.get(2)?),
            counter: unsigned(row.get(3)?),
            kind: ItemKind::from_column(row.get(4)?)?,
            bytes: unsigned(row.get(5)?),
        });
    }
    Ok(found)
}

/// Who looks for items.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looking<'a> {
    pub(crate) device: &'a DeviceId,
    /// Whether it may see what is sealed to the epoch.
    pub(crate) is_desk: bool,
    /// Whether it hears of erasures that others confirm.
    pub(crate) leads: bool,
    /// Whether it is on probation: nothing of others, but receipts for its batches, and that its own records are erased.
    pub(crate) probation: bool,
}

/// Walks the items in `from..=to` that a device may see and did not push itself, newest first, until `stop` says so.
pub(crate) fn walk_visible(
    connection: &Connection,
    space: &SpaceId,
    reader: Looking<'_>,
    (from, to): (u64, u64),
    mut stop: impl FnMut(ItemRow) -> Result<bool, ServerError>,
) -> Result<bool, ServerError> {
    let mut statement = connection.prepare_cached(
        "SELECT i.sequence, i.record, i.author, i.counter, i.kind, i.bytes FROM item i \
         WHERE i.space = ?1 AND i.sequence BETWEEN ?4 AND ?5 AND i.author <> ?2 \
         AND CASE i.kind WHEN 4 THEN i.record = ?2 WHEN 5 THEN ?6 ELSE CASE WHEN ?7 THEN \
             i.kind = 3 AND EXISTS (SELECT 1 FROM record x WHERE x.space = ?1 AND x.record = i.record AND x.creator = ?2) \
             ELSE (EXISTS (SELECT 1 FROM reader r WHERE r.space = ?1 AND r.device = ?2 AND r.record = i.record) \
              OR (?3 AND (i.kind = 3 OR EXISTS (SELECT 1 FROM record x WHERE x.space = ?1 AND x.record = i.record \
                                                AND x.opened_to_epoch IS NOT NULL)))) END END \
         ORDER BY i.sequence DESC",
    )?;
    let Looking { device, is_desk, leads, probation } = reader;
    let (from, to) = (signed(from), signed(to));
    let mut rows =
        statement.query(params![space.as_bytes(), device.as_bytes(), is_desk, from, to, leads, probation])?;
    while let Some(row) = rows.next()? {
        let row = ItemRow {
            sequence: unsigned(row.get(0)?),
            record: RecordId(row.get(1)?),
            author: DeviceId(row.get(2)?),
            counter: unsigned(row.get(3)?),
            kind: ItemKind::from_column(row.get(4)?)?,
            bytes: unsigned(row.get(5)?),
        };
        if stop(row)? {
            return Ok(true);
        }
    }
    Ok(false)
}
