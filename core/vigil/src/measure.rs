//! What the benchmarks, the dictionary's trainer and the tests need to see of a device's own store: writes that wait in the
//! outbox, before compression and with what each step adds, and whether the database is sound. Not part of the facade.

use crate::compression::compress;
use crate::error::Result;
use crate::sealing::{context, pad};
use crate::store::{damage, outbox};
use crate::sync::{Save, merge_contents};
use crate::vault::Vault;
use std::collections::BTreeMap;
use vigil_protocol::RecordId;

/// Bytes of the AEAD's tag.
pub const TAG_BYTES: usize = 16;

/// One write as it would be packed now.
pub struct WaitingWrite {
    /// The record.
    pub record: RecordId,
    /// Changes and events, canonical, before compression.
    pub content: Vec<u8>,
    /// What both ends know of it and the compressor may refer to.
    pub context: Vec<u8>,
    /// Bytes after compression.
    pub compressed: usize,
    /// Bytes after padding and encryption, tag included.
    pub sealed: usize,
    /// Events inside, each with a signature of 64 bytes.
    pub events: usize,
}

/// The writes that wait, one or more a record, oldest record first.
///
/// # Errors
/// [`crate::VigilError::DatabaseDamaged`].
pub fn waiting_writes(vault: &Vault, limit: usize) -> Result<Vec<WaitingWrite>> {
    let me = vault.device();
    let mut order = Vec::new();
    let mut saves: BTreeMap<RecordId, Vec<Save>> = BTreeMap::new();
    for pending in outbox::unbatched(vault.store.read(), limit)? {
        let entry = saves.entry(pending.record).or_insert_with(|| {
            order.push(pending.record);
            Vec::new()
        });
        entry.push(Save::from_bytes(&pending.content)?);
    }
    let mut writes = Vec::new();
    for record in order {
        for content in merge_contents(saves.get(&record).map(Vec::as_slice).unwrap_or_default(), &me)? {
            let (events, content) = (content.events.len(), content.encode(&me));
            let context = context(&record, &me);
            let compressed = compress(&content, &context);
            let (length, sealed) = (compressed.len(), pad(compressed).len() + TAG_BYTES);
            writes.push(WaitingWrite { record, content, context, compressed: length, sealed, events });
        }
    }
    Ok(writes)
}

/// What is wrong with the database, in words; nothing, if this is empty. Reads all of it.
///
/// # Errors
/// [`crate::VigilError::DatabaseDamaged`].
pub fn damage_of(vault: &Vault) -> Result<Vec<String>> {
    Ok(damage(vault.store.read())?)
}

/// The file that a vault's database is, which has no name that says so.
pub fn database_of(vault: &Vault) -> std::path::PathBuf {
    vault.database()
}
