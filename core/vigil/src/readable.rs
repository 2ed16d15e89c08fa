//! Everything that a device's files open to with its keys, for tests that look for what must not be there: every cell
//! of the database, and every sealed item, decrypted and inflated. Not part of the facade, and nothing that whoever
//! holds the passphrase could not read anyway.

use crate::error::{Result, VigilError};
use crate::sealing::{self, Place};
use crate::store::{cells, generations};
use crate::vault::Vault;
use vigil_protocol::{BatchHeader, Item, canonical};

/// All of it, piece by piece.
///
/// # Errors
/// [`VigilError::DatabaseDamaged`], also if an item that was taken in does not open any more.
pub fn everything(vault: &Vault) -> Result<Vec<Vec<u8>>> {
    let damaged = |_| VigilError::DatabaseDamaged { detail: "an original item" };
    let store = vault.store.read();
    let mut pieces = cells::all(store)?;
    for original in cells::originals(store)? {
        let header: BatchHeader = canonical::decode(&original.header).map_err(damaged)?;
        let item: Item = canonical::decode(&original.item).map_err(damaged)?;
        let Item::Write(reference, sealed) = &item else { continue };
        let commitment = reference.commitment();
        let Some(generation) = generations::by_commitment(store, &commitment)? else { continue };
        let place = Place { header: &header, index: original.place, record: original.record, generation: commitment };
        pieces.push(sealing::open(&generation.key, &place, sealed)?);
    }
    Ok(pieces)
}
