//! The generations of the space's key pair, and whether the newest is still where it belongs.
//! A new epoch promises to have a new key and to go to every active desk, and to nobody else.

use super::known::Known;
use super::{Author, Membership, not_allowed};
use crate::{DeviceId, EpochShare, LogEntry, ProtocolError, Role, SealingPublicKey};
use std::collections::BTreeSet;

impl Membership {
    /// Checks a new epoch from which one device is left out.
    pub(super) fn check_rotation(
        &self,
        author: Author,
        left_out: Option<&DeviceId>,
        (epoch_key, shares): (&SealingPublicKey, &[EpochShare]),
    ) -> Result<(), ProtocolError> {
        if author.role != Role::Desk {
            return not_allowed("only a desk holds the epoch key and may rotate it");
        }
        if self.epochs.iter().any(|(_, key)| key == epoch_key) {
            return not_allowed("a new epoch has a new key");
        }
        let desks: Vec<DeviceId> =
            self.desks().map(|desk| desk.device).filter(|device| left_out != Some(device)).collect();
        let mut shared: Vec<DeviceId> = shares.iter().map(|share| share.device).collect();
        shared.sort_unstable();
        if shared != desks {
            return not_allowed("a new epoch goes to every remaining desk, and to nobody else");
        }
        Ok(())
    }

    pub(super) fn start_epoch(&mut self, entry: &LogEntry, epoch_key: &SealingPublicKey, shares: &[EpochShare]) {
        self.epochs.push((entry.index, *epoch_key));
        self.holders = shares.iter().map(|share| share.device).collect::<BTreeSet<_>>();
        self.last_ending = entry.index;
    }

    pub(super) fn hand_epoch(&mut self, share: Option<&EpochShare>) {
        self.holders.extend(share.map(|share| share.device));
    }

    /// Number of the current epoch.
    pub fn epoch(&self) -> u32 {
        self.nth_epoch(self.epochs.len())
    }

    /// Number of the epoch that was current when the log had `length` entries.
    pub fn epoch_at(&self, length: u64) -> u32 {
        let started = self.epochs.partition_point(|(index, _)| *index < length);
        self.nth_epoch(started)
    }

    fn nth_epoch(&self, nth: usize) -> u32 {
        self.epochs_before.saturating_add(u32::try_from(nth.saturating_sub(1)).unwrap_or(u32::MAX))
    }

    /// Public half of an epoch.
    pub fn epoch_key(&self, epoch: u32) -> Option<SealingPublicKey> {
        self.epochs.get(usize::try_from(epoch.checked_sub(self.epochs_before)?).ok()?).map(|(_, key)| *key)
    }

    /// Whether somebody holds the newest epoch's key who must not read what is written now: a desk that was suspended,
    /// removed or given a lower role since. Until a desk rotates, new records are sealed to each active desk itself.
    pub fn epoch_is_exposed(&self) -> bool {
        if let Known::Part { exposed, .. } = self.known {
            return exposed;
        }
        let belongs = |device: &DeviceId| self.active_member(device).is_some_and(|member| member.role == Role::Desk);
        !self.holders.iter().all(belongs)
    }
}
