//! Motions: moved, seconded, objected to, carried, carried out at most once (PROTOCOL 19).
//! A seat in a quorum promises to belong to one person, with a device that leads now; the person who gains has none.

use super::{Author, Membership, not_allowed};
use crate::{
    Certificate, DeviceId, EpochShare, Hash, LogEntry, Motion, PersonId, ProtocolError, RecordId, Role,
    SealingPublicKey, Timestamp, limits,
};
use std::collections::{BTreeMap, BTreeSet};

/// A motion in the view of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MotionRecord {
    /// Hash of the entry that moved it: the motion's name.
    pub hash: Hash,
    /// Index of that entry.
    pub index: u64,
    /// When its mover says that it was moved.
    pub time: Timestamp,
    /// What is moved.
    pub motion: Motion,
    /// The devices that moved and seconded it, the mover first.
    pub backers: Vec<DeviceId>,
    /// The devices that objected.
    pub objectors: Vec<DeviceId>,
    /// Index of the entry that carried it out.
    pub carried_out: Option<u64>,
}

/// How far a motion has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MotionState {
    /// It waits for persons, or for the time for objections to be over.
    Open,
    /// It can be carried out.
    Carried,
    /// It was carried out.
    CarriedOut,
    /// Its target is gone, or nobody carried it out in time.
    Lapsed,
}

impl MotionState {
    /// The state's name in the command line and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Carried => "carried",
            Self::CarriedOut => "carried_out",
            Self::Lapsed => "lapsed",
        }
    }
}

impl Membership {
    pub(super) fn open_motion(
        &mut self,
        entry: &LogEntry,
        author: Author,
        motion: &Motion,
    ) -> Result<(), ProtocolError> {
        self.check_motion(motion, entry.time)?;
        let mut open = self.open_motions.clone();
        open.retain(|hash| {
            matches!(self.motion_state(hash, entry.time), Some(MotionState::Open | MotionState::Carried))
        });
        if open.iter().filter_map(|hash| self.motions.get(hash)).any(|record| record.motion == *motion) {
            return not_allowed("the same motion is open already");
        }
        let by_author = |hash: &&Hash| {
            let mover = self.motions.get(*hash).and_then(|record| record.backers.first());
            mover.and_then(|device| self.member(device)).is_some_and(|mover| mover.person == author.person)
        };
        if open.iter().filter(by_author).count() >= limits::MAX_OPEN_MOTIONS {
            return Err(ProtocolError::TooLarge { what: "open motions", limit: limits::MAX_OPEN_MOTIONS });
        }
        let hash = entry.hash();
        open.push(hash);
        self.open_motions = open;
        let record = MotionRecord {
            hash,
            index: entry.index,
            time: entry.time,
            motion: motion.clone(),
            backers: vec![author.device],
            objectors: Vec::new(),
            carried_out: None,
        };
        self.motions.insert(hash, record);
        Ok(())
    }

    pub(super) fn second(&mut self, entry: &LogEntry, author: Author, hash: &Hash) -> Result<(), ProtocolError> {
        self.check_voice(entry, author, hash)?;
        if let Some(record) = self.motions.get_mut(hash) {
            record.backers.push(author.device);
        }
        Ok(())
    }

    pub(super) fn object(&mut self, entry: &LogEntry, author: Author, hash: &Hash) -> Result<(), ProtocolError> {
        self.check_voice(entry, author, hash)?;
        if let Some(record) = self.motions.get_mut(hash) {
            record.objectors.push(author.device);
        }
        Ok(())
    }

    /// Whether a person may still say something to a motion: once, while it is open.
    fn check_voice(&self, entry: &LogEntry, author: Author, hash: &Hash) -> Result<(), ProtocolError> {
        let Some(record) = self.motions.get(hash) else { return not_allowed("there is no such motion") };
        if !matches!(self.motion_state(hash, entry.time), Some(MotionState::Open | MotionState::Carried)) {
            return not_allowed("the motion is open no more");
        }
        let mut said = record.backers.iter().chain(&record.objectors);
        if said.any(|device| self.person_of(device) == Some(author.person)) {
            return not_allowed("each person speaks to a motion once");
        }
        Ok(())
    }

    /// Whether a motion can be moved at all: its target is there, and what it would bring is within the rules.
    fn check_motion(&self, motion: &Motion, time: Timestamp) -> Result<(), ProtocolError> {
        match motion {
            Motion::ChangePolicy { policy } => policy.check()?,
            Motion::Recover { certificate } => self.check_recovered(certificate, time)?,
            _ => {}
        }
        if !self.has_target(motion) {
            return not_allowed("what the motion is about is not there");
        }
        Ok(())
    }

    fn check_recovered(&self, certificate: &Certificate, time: Timestamp) -> Result<(), ProtocolError> {
        if certificate.role != Role::Desk {
            return not_allowed("recovery admits a desk");
        }
        self.check_certificate(certificate, time)
    }

    /// Whether what a motion is about is still there and not yet so.
    fn has_target(&self, motion: &Motion) -> bool {
        match motion {
            Motion::Remove { device } => self.member(device).is_some_and(|member| member.removed.is_none()),
            Motion::Raise { device, role } => {
                self.active_member(device).is_some_and(|member| !member.probation && member.role.is_raised_by(*role))
            }
            Motion::EndProbation { device } => self.active_member(device).is_some_and(|member| member.probation),
            Motion::Reinstate { device } => {
                self.member(device).is_some_and(|member| member.suspended.is_some() && member.removed.is_none())
            }
            Motion::EraseCase { record } => !self.erasures.contains_key(record),
            Motion::Export { to } => !self.exports.contains_key(to),
            Motion::Recover { certificate } => {
                let keys = (certificate.device, certificate.signing_key, certificate.sealing_key);
                self.check_unused(keys).is_ok()
            }
            Motion::ChangePolicy { policy } => self.policy.as_ref() != Some(policy),
        }
    }

    pub(super) fn carry_out(
        &mut self,
        entry: &LogEntry,
        author: Author,
        hash: &Hash,
        share: Option<&EpochShare>,
    ) -> Result<(), ProtocolError> {
        let motion = self.carried_motion(hash, entry.time)?;
        if share.is_some() && author.role != Role::Desk {
            return not_allowed("only a desk hands on the epoch key");
        }
        let fits = match &motion {
            Motion::Remove { .. } => return not_allowed("a removal comes with a new epoch"),
            Motion::Raise { device, role } => {
                Self::check_desk(author, (*role, *device), share)?;
                true
            }
            // The key may have changed since, or the author may not hold it: then the next rotation brings it.
            Motion::Reinstate { device } => share.is_none_or(|share| {
                share.device == *device && self.member(device).is_some_and(|member| member.role == Role::Desk)
            }),
            Motion::Recover { certificate } => {
                self.check_recovered(certificate, entry.time)?;
                share.is_none()
            }
            _ => share.is_none(),
        };
        if !fits {
            return not_allowed("the epoch key goes to a new desk, and to nobody else");
        }
        self.mark_carried_out(hash, entry.index);
        self.hand_epoch(share);
        match motion {
            Motion::Remove { .. } => {}
            Motion::Raise { device, role } => {
                self.change(&device, |member| member.take_role(entry.index, role));
                // A monitor reads what it wrote, an officer what it is named for: a higher role reads other things, not more.
                self.last_ending = entry.index;
            }
            Motion::EndProbation { device } => self.change(&device, |member| member.probation = false),
            Motion::Reinstate { device } => self.change(&device, |member| member.suspended = None),
            Motion::EraseCase { record } => {
                self.erasures.insert(record, entry.index);
            }
            Motion::Export { to } => {
                self.exports.insert(to, entry.index);
            }
            Motion::Recover { certificate } => {
                self.insert_certified(&certificate, entry.index);
                self.change(&certificate.device, |member| member.for_recovery = true);
            }
            Motion::ChangePolicy { policy } => self.policy = Some(policy),
        }
        Ok(())
    }

    fn change(&mut self, device: &DeviceId, change: impl FnOnce(&mut super::Member)) {
        if let Some(member) = self.members.get_mut(device) {
            change(member);
        }
    }

    /// The motion, if it is carried at this time and was not carried out.
    pub(super) fn carried_motion(&self, hash: &Hash, at: Timestamp) -> Result<Motion, ProtocolError> {
        match self.motion_state(hash, at) {
            Some(MotionState::Carried) => {}
            Some(MotionState::Open) => return not_allowed("the motion is not carried yet"),
            Some(MotionState::CarriedOut) => return not_allowed("the motion was carried out before"),
            Some(MotionState::Lapsed) => return not_allowed("the motion has lapsed"),
            None => return not_allowed("there is no such motion"),
        }
        self.motions
            .get(hash)
            .map(|record| record.motion.clone())
            .map_or_else(|| not_allowed("there is no such motion"), Ok)
    }

    pub(super) fn mark_carried_out(&mut self, hash: &Hash, index: u64) {
        if let Some(record) = self.motions.get_mut(hash) {
            record.carried_out = Some(index);
        }
    }

    /// All motions, oldest first.
    pub fn motions(&self) -> Vec<&MotionRecord> {
        let mut motions: Vec<&MotionRecord> = self.motions.values().collect();
        motions.sort_unstable_by_key(|record| record.index);
        motions
    }

    /// The motion that an entry with this hash moved.
    pub fn motion(&self, hash: &Hash) -> Option<&MotionRecord> {
        self.motions.get(hash)
    }

    /// How far a motion has come at a time.
    pub fn motion_state(&self, hash: &Hash, at: Timestamp) -> Option<MotionState> {
        let record = self.motions.get(hash)?;
        let age = at.0.saturating_sub(record.time.0);
        Some(if record.carried_out.is_some() {
            MotionState::CarriedOut
        } else if age >= limits::MOTION_LIFE_MS || !self.has_target(&record.motion) {
            MotionState::Lapsed
        } else if self.has_quorum(record, at) || self.stood_the_time(record, at) {
            MotionState::Carried
        } else {
            MotionState::Open
        })
    }

    /// Whether a motion can be carried out at a time.
    pub fn is_carried(&self, hash: &Hash, at: Timestamp) -> bool {
        self.motion_state(hash, at) == Some(MotionState::Carried)
    }

    /// Who counts for a motion at a time: each person once, with one of the devices that spoke for it.
    pub fn seats(&self, record: &MotionRecord, at: Timestamp) -> BTreeMap<PersonId, DeviceId> {
        let gains = record.motion.device().filter(|_| record.motion.gives()).and_then(|device| self.person_of(&device));
        let backers = record.backers.iter().filter_map(|device| self.active_member(device));
        backers
            .filter(|member| member.leads(at) && Some(member.person) != gains)
            .map(|member| (member.person, member.device))
            .collect()
    }

    /// How many persons carry a motion together.
    pub fn persons_needed(&self, motion: &Motion) -> usize {
        let policy = self.policy_or_default();
        let needed = match motion {
            Motion::Remove { .. } => policy.removal_persons,
            Motion::Recover { .. } => policy.recovery_persons,
            // Otherwise fewer persons could lower the number first.
            Motion::ChangePolicy { .. } => policy.removal_persons.max(policy.recovery_persons),
            _ => limits::MIN_QUORUM,
        };
        usize::from(needed)
    }

    pub(super) fn has_quorum(&self, record: &MotionRecord, at: Timestamp) -> bool {
        self.seats(record, at).len() >= self.persons_needed(&record.motion)
    }

    /// One person is enough after the time for objections, if nobody objected and somebody else could have.
    fn stood_the_time(&self, record: &MotionRecord, at: Timestamp) -> bool {
        at.0.saturating_sub(record.time.0) >= limits::OBJECTION_MS
            && record.objectors.is_empty()
            && !self.seats(record, at).is_empty()
            && self.others_can_object(record, at)
    }

    /// Whether a person who did not speak for the motion leads now, or there is none at all: whoever suspends everybody
    /// else must not outlast an objection that nobody can make.
    fn others_can_object(&self, record: &MotionRecord, at: Timestamp) -> bool {
        let spoke = self.spoke_for(record);
        self.standing_persons(at).is_subset(&spoke) || self.leaders(at).any(|leader| !spoke.contains(&leader.person))
    }

    pub(super) fn spoke_for(&self, record: &MotionRecord) -> BTreeSet<PersonId> {
        record.backers.iter().filter_map(|device| self.person_of(device)).collect()
    }

    /// Whether a carried motion says that a case is to be erased.
    pub fn erasure_is_decided(&self, record: &RecordId) -> bool {
        self.erasures.contains_key(record)
    }

    /// Whether a carried motion says that everything may be exported to this key.
    pub fn export_is_decided(&self, to: &SealingPublicKey) -> bool {
        self.exports.contains_key(to)
    }

    fn person_of(&self, device: &DeviceId) -> Option<PersonId> {
        self.member(device).map(|member| member.person)
    }
}
