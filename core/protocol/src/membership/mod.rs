//! The rules of the membership log: what each entry may do, and the view of the space that follows from a log.
//! The same log gives every device and every server the same view, or the same refusal at the same entry.

mod admission;
mod assignment;
mod bystanders;
mod epochs;
mod exclusion;
mod founding;
mod known;
mod member;
mod motions;
mod recovery;

pub use member::{Lapse, Member};
pub use motions::{MotionRecord, MotionState};
pub use recovery::RecoveryDeal;

use known::Known;

use crate::{
    DeviceId, Hash, LogBody, LogEntry, PersonId, Policy, ProtocolError, Purpose, RecordId, Role, SUITE,
    SealingPublicKey, SpaceId, Timestamp, limits, verify,
};
use std::collections::{BTreeMap, BTreeSet};

/// The space as its log describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    space: SpaceId,
    known: Known,
    members: BTreeMap<DeviceId, Member>,
    /// How many epochs there were before the first of `epochs`.
    epochs_before: u32,
    epochs: Vec<(u64, SealingPublicKey)>,
    /// Who was given the newest epoch's key.
    holders: BTreeSet<DeviceId>,
    recovery_key: SealingPublicKey,
    /// None in a space of the first days, where one person removed.
    policy: Option<Policy>,
    assigned: BTreeMap<RecordId, Vec<DeviceId>>,
    intake: Vec<DeviceId>,
    last_ending: u64,
    last_unassignment: BTreeMap<RecordId, u64>,
    /// Index of the entry that first named somebody for a record: from then on it is a case.
    cases: BTreeMap<RecordId, u64>,
    replaced: BTreeSet<RecordId>,
    motions: BTreeMap<Hash, MotionRecord>,
    /// Motions that count against the limit of their mover.
    open_motions: Vec<Hash>,
    erasures: BTreeMap<RecordId, u64>,
    exports: BTreeMap<SealingPublicKey, u64>,
    deal: Option<RecoveryDeal>,
}

/// Who wrote the entry that is being looked at.
#[derive(Clone, Copy)]
struct Author {
    device: DeviceId,
    person: PersonId,
    role: Role,
}

fn not_allowed<T>(why: &'static str) -> Result<T, ProtocolError> {
    Err(ProtocolError::NotAllowed { why })
}

impl Membership {
    /// The view after a whole log, its first entry first.
    ///
    /// # Errors
    /// As [`Self::from_genesis`] and [`Self::append`].
    pub fn from_log<'a>(entries: impl IntoIterator<Item = &'a LogEntry>) -> Result<Self, ProtocolError> {
        let mut entries = entries.into_iter();
        let genesis = entries.next().ok_or(ProtocolError::NotAllowed { why: "a log begins with a genesis" })?;
        let mut membership = Self::from_genesis(genesis)?;
        for entry in entries {
            membership.append(entry)?;
        }
        Ok(membership)
    }

    /// Adds the next entry. On an error the view is as it was.
    ///
    /// # Errors
    /// [`ProtocolError::BrokenChain`] if it is not the next, [`ProtocolError::BadSignature`],
    /// [`ProtocolError::NotAllowed`] or a limit.
    pub fn append(&mut self, entry: &LogEntry) -> Result<(), ProtocolError> {
        if entry.suite != SUITE {
            return Err(ProtocolError::UnknownVersion { version: entry.suite });
        }
        if entry.space != self.space || entry.index != self.length() || entry.previous != self.head() {
            return Err(ProtocolError::BrokenChain { what: "membership log" });
        }
        if entry.index >= limits::MAX_LOG_ENTRIES {
            return Err(ProtocolError::TooLarge { what: "membership log", limit: limits::MAX_LOG_ENTRIES as usize });
        }
        if self.is_provisional() {
            return not_allowed(known::WHOLE_LOG_FIRST);
        }
        let author = self.author(entry)?;
        // Each rule checks everything before it changes anything: that is what keeps a refused entry without effect.
        match &entry.body {
            LogBody::Genesis { .. } | LogBody::Found { .. } => return not_allowed("a log has one genesis"),
            LogBody::Add { member, share } => self.add(entry, author, member, share.as_ref())?,
            LogBody::RemoveAndRotate { .. } => self.remove_and_rotate(entry, author)?,
            LogBody::Assign { record, officers } => self.assign(entry, *record, officers)?,
            LogBody::Intake { officers } => self.set_intake(entry, officers)?,
            LogBody::Admit { certificate, share, cosignatures } => {
                self.admit(entry, author, certificate, share.as_ref(), cosignatures)?;
            }
            LogBody::Renew { certificate, cosignatures } => self.renew(entry, author, certificate, cosignatures)?,
            LogBody::Suspend { device, last, rotation } => {
                self.suspend(entry, author, (*device, last.as_ref()), rotation.as_ref())?;
            }
            LogBody::Rotate { removal, rotation } => self.rotate(entry, author, removal.as_ref(), rotation)?,
            LogBody::Move { motion } => self.open_motion(entry, author, motion)?,
            LogBody::Second { motion } => self.second(entry, author, motion)?,
            LogBody::Object { motion } => self.object(entry, author, motion)?,
            LogBody::CarryOut { motion, share } => self.carry_out(entry, author, motion, share.as_ref())?,
            LogBody::HandOverCases { from, to, records } => self.hand_over(entry, *from, *to, records)?,
            LogBody::RecoveryShares { threshold, shares } => self.deal_shares(entry, author, *threshold, shares)?,
            LogBody::RecoveryShareFor { desk, encapsulated, sealed } => {
                self.give_share(author, *desk, *encapsulated, sealed)?;
            }
            LogBody::Replace { record, by, officers } => self.replace(entry, *record, *by, officers)?,
        }
        self.known.push(entry.hash())
    }

    /// Whoever wrote an entry, if it may write any.
    fn author(&self, entry: &LogEntry) -> Result<Author, ProtocolError> {
        let author = self
            .active_member(&entry.author)
            .ok_or(ProtocolError::NotAllowed { why: "only an active member may write to the membership log" })?;
        verify(&author.signing_key, Purpose::LogEntry, &entry.hash(), &entry.signature, "log entry")?;
        if !author.role.leads() || author.probation {
            return not_allowed("only officers and desks may write to the membership log");
        }
        // When every certificate has ended, somebody must be able to begin again; that is the only thing that works then.
        let begins_again = matches!(entry.body, LogBody::Renew { .. }) && self.leaders(entry.time).next().is_none();
        if !author.is_in_force(entry.time) && !begins_again {
            return not_allowed("the certificate of the author has ended");
        }
        Ok(Author { device: author.device, person: author.person, role: author.role })
    }

    /// The space.
    pub fn space(&self) -> SpaceId {
        self.space
    }

    /// How many entries the log has.
    pub fn length(&self) -> u64 {
        self.known.length()
    }

    /// Hash of the last entry.
    pub fn head(&self) -> Hash {
        self.head_at(self.length()).unwrap_or(Hash::NONE)
    }

    /// Hash of the last of the first `length` entries.
    pub fn head_at(&self, length: u64) -> Option<Hash> {
        self.known.head_at(length)
    }

    /// Hash of the genesis: what two devices of one space have in common for ever.
    pub fn genesis(&self) -> Hash {
        self.head_at(1).unwrap_or(Hash::NONE)
    }

    /// The space's policy. A space of the first days has none until a motion gives it one: one person removes there.
    pub fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// The policy, or what stands for it in a space of the first days.
    pub fn policy_or_default(&self) -> Policy {
        self.policy.clone().unwrap_or_default()
    }

    /// A member, also a suspended or removed one.
    pub fn member(&self, device: &DeviceId) -> Option<&Member> {
        self.members.get(device)
    }

    /// All members, suspended and removed ones too, in the order in which they were added.
    pub fn members(&self) -> Vec<&Member> {
        let mut members: Vec<&Member> = self.members.values().collect();
        members.sort_by_key(|member| member.added_at);
        members
    }

    /// A member that is neither suspended nor removed.
    pub fn active_member(&self, device: &DeviceId) -> Option<&Member> {
        self.member(device).filter(|member| member.is_active())
    }

    /// All that are neither suspended nor removed, in the order of their ids.
    pub fn active_members(&self) -> impl Iterator<Item = &Member> {
        self.members.values().filter(|member| member.is_active())
    }

    /// The desks that are active, in the order of their ids.
    pub fn desks(&self) -> impl Iterator<Item = &Member> {
        self.active_members().filter(|member| member.role == Role::Desk)
    }

    /// The devices that may lead at a time: active officers and desks, not on probation, with a certificate in force.
    pub fn leaders(&self, at: Timestamp) -> impl Iterator<Item = &Member> {
        self.active_members().filter(move |member| member.leads(at))
    }

    /// The committee's recovery key.
    pub fn recovery_key(&self) -> SealingPublicKey {
        self.recovery_key
    }
}
