//! A device in the view of a log, and what state it is in.
//! A suspended, removed or expired member promises to count nowhere; only what it wrote before goes on counting.

use crate::{Chain, DeviceId, LastBatch, PersonId, Role, SealingPublicKey, SigningPublicKey, Timestamp};

/// Where a member's batches stop counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lapse {
    /// Index of the entry that said so.
    pub index: u64,
    /// When its author says that it was.
    pub time: Timestamp,
    /// The last batch that counts, where the entry named one.
    pub last: Option<LastBatch>,
}

impl Lapse {
    /// Whether a batch of the device's own chain counts. Copies that are handed on by other ways never do.
    pub fn counts(&self, chain: &Chain) -> bool {
        matches!(chain, Chain::Sync { counter, .. } if self.last.is_none_or(|last| *counter <= last.counter))
    }
}

/// A device in the view of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The device.
    pub device: DeviceId,
    /// The person whose device it is.
    pub person: PersonId,
    /// Verifies what it signs.
    pub signing_key: SigningPublicKey,
    /// Capsules for it are sealed to this.
    pub sealing_key: SealingPublicKey,
    /// Its role.
    pub role: Role,
    /// Every role that it had, with the index of the entry that gave it.
    pub roles: Vec<(u64, Role)>,
    /// Whether it writes and reads nothing of others.
    pub probation: bool,
    /// Its install generation.
    pub install_generation: u32,
    /// Its name, sealed to `details_epoch`, where it was added without a certificate.
    pub sealed_name: Vec<u8>,
    /// Its details, sealed to `details_epoch`, where it has a certificate.
    pub sealed_details: Vec<u8>,
    /// The epoch that opens them.
    pub details_epoch: u32,
    /// The days of its certificate, where it has one: its first moment and the moment at which it has ended.
    pub certified: Option<(Timestamp, Timestamp)>,
    /// Whether it was admitted for recovery, without the epoch's key.
    pub for_recovery: bool,
    /// Index of the entry that added it.
    pub added_at: u64,
    /// Its suspension, if it is suspended.
    pub suspended: Option<Lapse>,
    /// Its removal, if it was removed.
    pub removed: Option<Lapse>,
}

impl Member {
    /// The role that it had when the log had `length` entries: what it signed then is judged by it, whatever it became since.
    pub fn role_at(&self, length: u64) -> Role {
        let had = self.roles.iter().rev().find(|(index, _)| *index < length);
        had.or(self.roles.first()).map_or(self.role, |(_, role)| *role)
    }

    pub(super) fn take_role(&mut self, index: u64, role: Role) {
        if self.role != role {
            self.role = role;
            self.roles.push((index, role));
        }
    }

    /// Neither suspended nor removed.
    pub fn is_active(&self) -> bool {
        self.removed.is_none() && self.suspended.is_none()
    }

    /// Where its batches stop counting, if it is suspended or was removed.
    pub fn lapse(&self) -> Option<Lapse> {
        self.removed.or(self.suspended)
    }

    /// Whether its certificate has not ended at a time; who has none is not bound by days.
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.certified.is_none_or(|(_, end)| at < end)
    }

    /// Whether it counts in a quorum at a time.
    pub fn leads(&self, at: Timestamp) -> bool {
        self.is_active() && self.role.leads() && !self.probation && self.is_in_force(at)
    }

    /// Whether records of others may be opened to it: volunteers, auditors and members on probation read none.
    pub fn may_be_assigned(&self) -> bool {
        self.is_active() && !self.probation && matches!(self.role, Role::Monitor | Role::Officer | Role::Desk)
    }
}
