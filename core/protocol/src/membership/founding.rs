//! The first entry of a log, in both of its forms.
//! A founder promises to be a desk that signs for itself; everything later follows from its entry.

use super::{Membership, not_allowed};
use crate::{
    DeviceId, EpochShare, Hash, LogBody, LogEntry, Policy, ProtocolError, Purpose, Role, SUITE, SealingPublicKey,
    SigningPublicKey, verify,
};
use std::collections::{BTreeMap, BTreeSet};

impl LogBody {
    /// The founding device with its key, if this is a first entry.
    pub fn founder(&self) -> Option<(DeviceId, SigningPublicKey)> {
        match self {
            Self::Genesis { founder, .. } => Some((founder.device, founder.signing_key)),
            Self::Found { founder, .. } => Some((founder.device, founder.signing_key)),
            _ => None,
        }
    }
}

impl Membership {
    /// Starts from a first entry.
    ///
    /// # Errors
    /// [`ProtocolError::NotAllowed`], [`ProtocolError::BadSignature`] or a limit.
    pub fn from_genesis(entry: &LogEntry) -> Result<Self, ProtocolError> {
        let (role, device, key) = match &entry.body {
            LogBody::Genesis { founder, .. } => (founder.role, founder.device, founder.signing_key),
            LogBody::Found { founder, .. } => (founder.role, founder.device, founder.signing_key),
            _ => return not_allowed("a log begins with a genesis"),
        };
        if entry.suite != SUITE {
            return Err(ProtocolError::UnknownVersion { version: entry.suite });
        }
        if entry.index != 0 || entry.previous != Hash::NONE {
            return Err(ProtocolError::BrokenChain { what: "membership log" });
        }
        let founds = |share: &EpochShare| share.device == device && role == Role::Desk && device == entry.author;
        let why = "the founder of a space is a desk that signs for itself";
        match &entry.body {
            LogBody::Genesis { founder, epoch_key, recovery_key, share } => {
                if !founds(share) {
                    return not_allowed(why);
                }
                verify(&key, Purpose::LogEntry, &entry.hash(), &entry.signature, "genesis")?;
                let mut membership = Self::empty(entry, device, (*epoch_key, *recovery_key), None);
                membership.check_name(founder)?;
                membership.insert_named(founder, 0);
                Ok(membership)
            }
            LogBody::Found { founder, epoch_key, recovery_key, share, policy, .. } => {
                if !founds(share) {
                    return not_allowed(why);
                }
                verify(&key, Purpose::LogEntry, &entry.hash(), &entry.signature, "genesis")?;
                policy.check()?;
                let mut membership = Self::empty(entry, device, (*epoch_key, *recovery_key), Some(policy.clone()));
                membership.check_certificate(founder, entry.time)?;
                membership.insert_certified(founder, 0);
                Ok(membership)
            }
            _ => not_allowed("a log begins with a genesis"),
        }
    }

    fn empty(
        entry: &LogEntry,
        founder: DeviceId,
        (epoch_key, recovery_key): (SealingPublicKey, SealingPublicKey),
        policy: Option<Policy>,
    ) -> Self {
        Self {
            space: entry.space,
            heads: vec![entry.hash()],
            members: BTreeMap::new(),
            epochs: vec![(0, epoch_key)],
            holders: BTreeSet::from([founder]),
            recovery_key,
            policy,
            assigned: BTreeMap::new(),
            intake: vec![founder],
            last_ending: 0,
            last_unassignment: BTreeMap::new(),
            cases: BTreeMap::new(),
            replaced: BTreeSet::new(),
            motions: BTreeMap::new(),
            open_motions: Vec::new(),
            erasures: BTreeMap::new(),
            exports: BTreeMap::new(),
            deal: None,
        }
    }
}
