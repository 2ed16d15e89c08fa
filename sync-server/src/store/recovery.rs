//! What the recovery key opens, for a desk that restores the committee's access.
//! It promises to find every record with a capsule for that key, also those of before this server kept count of anything.

use super::records;
use crate::error::ServerError;
use rusqlite::{Transaction, params};
use vigil_protocol::{Capsule, DeviceId, Recipient, RecordId, SpaceId, canonical};

/// Lets a device see every record that the recovery key opens. It reads all capsules of the space: that happens once in a
/// committee's life, if at all.
pub(crate) fn open_to(transaction: &Transaction<'_>, space: &SpaceId, desk: &DeviceId) -> Result<(), ServerError> {
    let mut found: Vec<RecordId> = Vec::new();
    {
        let mut statement = transaction.prepare_cached("SELECT capsule FROM capsule WHERE space = ?1")?;
        let mut rows = statement.query(params![space.as_bytes()])?;
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            let capsule: Capsule = canonical::decode(bytes).map_err(|_| ServerError::DamagedRow { what: "capsule" })?;
            if capsule.is_for(Recipient::Recovery) && found.last() != Some(&capsule.record) {
                found.push(capsule.record);
            }
        }
    }
    for record in found {
        records::open_to_device(transaction, space, &record, desk, (0, false))?;
    }
    Ok(())
}
