//! What a committee has agreed about itself: how many persons decide what, and how long things last.
//! Every number promises to be within its published bounds, so that no policy locks a committee out or opens it wide.

use crate::{ProtocolError, limits};
use minicbor::{Decode, Encode};

/// A space's policy.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Policy {
    /// How many persons sign a certificate: 1 or 2.
    #[n(0)]
    pub admission_signatures: u8,
    /// How many persons carry a removal, at least 2.
    #[n(1)]
    pub removal_persons: u8,
    /// How many persons carry a recovery, at least 2.
    #[n(2)]
    pub recovery_persons: u8,
    /// How many days a device may read without contact.
    #[n(3)]
    pub lease_days: u16,
    /// After how many wrong attempts a device wipes itself unless its district says otherwise; 0 for never.
    #[n(4)]
    pub wipe_after: u16,
    /// How many days a monitor's device keeps what has arrived.
    #[n(5)]
    pub monitor_days: u16,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            admission_signatures: 1,
            removal_persons: 2,
            recovery_persons: 2,
            lease_days: 7,
            wipe_after: 10,
            monitor_days: 30,
        }
    }
}

impl Policy {
    /// Checks every number.
    ///
    /// # Errors
    /// [`ProtocolError::NotAllowed`].
    pub fn check(&self) -> Result<(), ProtocolError> {
        let not_allowed = |why| Err(ProtocolError::NotAllowed { why });
        let quorum = limits::MIN_QUORUM..=limits::MAX_QUORUM;
        if !(1..=2).contains(&self.admission_signatures) {
            return not_allowed("one or two persons sign a certificate");
        }
        if !quorum.contains(&self.removal_persons) || !quorum.contains(&self.recovery_persons) {
            return not_allowed("removal and recovery take two to nine persons");
        }
        if !(1..=limits::MAX_LEASE_DAYS).contains(&self.lease_days) {
            return not_allowed("a lease lasts 1 to 90 days");
        }
        if self.wipe_after != 0 && !(limits::MIN_WIPE_AFTER..=limits::MAX_WIPE_AFTER).contains(&self.wipe_after) {
            return not_allowed("a device is wiped after 5 to 100 wrong attempts, or never");
        }
        if !(1..=limits::MAX_KEPT_DAYS).contains(&self.monitor_days) {
            return not_allowed("a monitor keeps records for 1 to 365 days");
        }
        Ok(())
    }
}
