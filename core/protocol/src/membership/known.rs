//! How much of the log a view rests on: all of it, or what a new device was shown (PROTOCOL 20).
//! A view that rests on a part promises never to grow: the whole log replaces it at first contact.

use super::{Member, Membership};
use crate::{
    DeviceId, Hash, KnownDevice, LogBody, LogEntry, Motion, PersonId, Policy, ProtocolError, SealingPublicKey,
    SecondCode,
};
use std::collections::{BTreeMap, BTreeSet};

/// The hashes of a log's entries, as far as they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Of every entry.
    Whole(Vec<Hash>),
    /// Of the first one, and of one more.
    Part {
        genesis: Hash,
        length: u64,
        head: Hash,
        /// Whether somebody who was closed out holds the newest epoch's key.
        exposed: bool,
    },
}

impl Known {
    pub(super) fn push(&mut self, hash: Hash) -> Result<(), ProtocolError> {
        match self {
            Self::Whole(heads) => {
                heads.push(hash);
                Ok(())
            }
            Self::Part { .. } => super::not_allowed(WHOLE_LOG_FIRST),
        }
    }

    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Whole(heads) => heads.len() as u64,
            Self::Part { length, .. } => *length,
        }
    }

    pub(super) fn head_at(&self, at: u64) -> Option<Hash> {
        match self {
            Self::Whole(heads) => heads.get(usize::try_from(at.checked_sub(1)?).ok()?).copied(),
            Self::Part { length, head, .. } if at == *length => Some(*head),
            Self::Part { genesis, .. } => (at == 1).then_some(*genesis),
        }
    }
}

pub(super) const WHOLE_LOG_FIRST: &str = "this device has to sync once before it can do that";

impl Membership {
    /// What a new device knows of its space before it has seen the log: enough to record and to seal.
    pub fn provisional(code: &SecondCode) -> Self {
        let known = Known::Part {
            genesis: code.genesis,
            length: code.log_length,
            head: code.log_head,
            exposed: code.epoch.exposed,
        };
        let intake = code.devices.iter().filter(|known| known.on_duty).map(|known| known.device).collect();
        let mut view = Self::new((code.space, known), intake, code.recovery_key, code.policy.clone());
        view.epochs_before = code.epoch.number;
        view.epochs = vec![(0, code.epoch.key)];
        for known in &code.devices {
            view.members.insert(known.device, member(known));
        }
        view.insert_certified(&code.certificate, code.log_length);
        view
    }

    /// A view without members or epochs.
    pub(super) fn new(
        (space, known): (crate::SpaceId, Known),
        intake: Vec<DeviceId>,
        recovery_key: SealingPublicKey,
        policy: Option<Policy>,
    ) -> Self {
        Self {
            space,
            known,
            members: BTreeMap::new(),
            epochs_before: 0,
            epochs: Vec::new(),
            holders: BTreeSet::new(),
            recovery_key,
            policy,
            assigned: BTreeMap::new(),
            intake,
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

    /// Whether this is what a new device was shown, and not what follows from a log.
    pub fn is_provisional(&self) -> bool {
        matches!(self.known, Known::Part { .. })
    }

    /// The view of a whole log that a device fetches at first contact, if it is the log of the second code: it has the same
    /// beginning, the same head at the length that the officer's server had confirmed, and the certificate as it was shown.
    ///
    /// # Errors
    /// As [`Self::from_log`], [`ProtocolError::BrokenChain`] for another log, [`ProtocolError::NotAllowed`] for another
    /// certificate.
    pub fn at_first_contact(code: &SecondCode, log: &[LogEntry]) -> Result<Self, ProtocolError> {
        let view = Self::from_log(log)?;
        let same = view.space == code.space
            && view.genesis() == code.genesis
            && view.head_at(code.log_length) == Some(code.log_head);
        if !same {
            return Err(ProtocolError::BrokenChain { what: "membership log" });
        }
        let admits = |entry: &LogEntry| match &entry.body {
            LogBody::Admit { certificate, .. } | LogBody::Move { motion: Motion::Recover { certificate } } => {
                *certificate == code.certificate
            }
            _ => false,
        };
        let is_member = view.members.contains_key(&code.certificate.device);
        if is_member && log.iter().any(admits) {
            Ok(view)
        } else {
            super::not_allowed("the log admits this device otherwise")
        }
    }
}

fn member(known: &KnownDevice) -> Member {
    Member {
        device: known.device,
        person: PersonId::of_device(&known.device),
        signing_key: known.signing_key,
        sealing_key: known.sealing_key,
        role: known.role,
        roles: vec![(0, known.role)],
        probation: false,
        install_generation: 1,
        sealed_name: Vec::new(),
        sealed_details: Vec::new(),
        details_epoch: 0,
        certified: None,
        for_recovery: false,
        added_at: 0,
        suspended: None,
        removed: None,
    }
}
