//! Records that were sealed while somebody who was closed out held the epoch's key, opened to the epoch that came after.
//! Until then each active desk holds their keys by itself; a desk that comes later promises to read them after a few syncs.

use crate::error::Result;
use crate::store::{Generation, chains, generations, records};
use crate::sync::Save;
use crate::vault::Vault;
use std::collections::BTreeSet;
use vigil_protocol::{Item, Membership, Recipient, RecordId, Role, canonical};

/// Most records that one sync opens to the epoch.
const MAX_REGRANTED: usize = 200;

impl Vault {
    /// Opens what was sealed while the epoch was exposed to the epoch of now, a bounded number of records in one sync. For
    /// desks that hold it.
    pub(crate) fn regrant_exposed(&mut self) -> Result<()> {
        let view = &self.space()?.membership;
        let i_am_desk = view.active_member(&self.device).is_some_and(|me| me.role == Role::Desk);
        if !i_am_desk || view.epoch() == 0 || view.epoch_is_exposed() || !self.holds_epoch()? {
            return Ok(());
        }
        let exposed = self.exposed_lengths()?;
        if exposed.is_empty() {
            return Ok(());
        }
        let mut due: BTreeSet<RecordId> = BTreeSet::new();
        for generation in generations::all(self.store.read())? {
            if exposed.contains(&generation.log_length)
                && !due.contains(&generation.record)
                && self.lacks_epoch(&generation)?
            {
                due.insert(generation.record);
                if due.len() >= MAX_REGRANTED {
                    break;
                }
            }
        }
        let copies = self.store.in_transaction(|tx| {
            due.iter().map(|record| self.enqueue(tx, record, &Save::GrantToEpoch)).collect::<Result<Vec<_>>>()
        })?;
        self.keep_copies(copies)
    }

    /// The lengths of the log at which somebody who was closed out held the newest epoch.
    fn exposed_lengths(&self) -> Result<BTreeSet<u64>> {
        let mut exposed = BTreeSet::new();
        let mut entries = self.space()?.log.iter();
        let Some(first) = entries.next() else { return Ok(exposed) };
        let mut view = Membership::from_genesis(first)?;
        for entry in entries {
            view.append(entry)?;
            if view.epoch_is_exposed() {
                exposed.insert(view.length());
            }
        }
        Ok(exposed)
    }

    /// Whether a key is for desks, and no capsule of it that is here names an epoch.
    fn lacks_epoch(&self, generation: &Generation) -> Result<bool> {
        let record = &generation.record;
        let Some(row) = records::get(self.store.read(), record)? else { return Ok(false) };
        let kind = row.columns.kind.as_str();
        if self.summariser.kinds().is_identity(kind) || crate::records::is_for_auditors(kind) {
            return Ok(false);
        }
        let is_open = |bytes: &[u8]| {
            let item = canonical::decode::<Item>(bytes).ok();
            let capsule = item.as_ref().and_then(Item::capsule).filter(|it| it.commitment == generation.commitment);
            capsule.is_some_and(|capsule| capsule.sealed.iter().any(|copy| matches!(copy.to, Recipient::Epoch(_))))
        };
        Ok(!chains::envelopes(self.store.read(), record)?.iter().any(|(_, item)| is_open(item)))
    }
}
