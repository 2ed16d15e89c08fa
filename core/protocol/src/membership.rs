//! The rules of the membership log: what each entry may do, and the view of the space that follows from a log.
//! The same log gives every device and every server the same view, or the same refusal at the same entry.

use crate::{
    DeviceId, Hash, LogBody, LogEntry, NewMember, ProtocolError, Purpose, RecordId, Role, SUITE, SealingPublicKey,
    SigningPublicKey, SpaceId, limits, verify,
};
use std::collections::BTreeMap;

/// A device in the view of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The device.
    pub device: DeviceId,
    /// Verifies what it signs.
    pub signing_key: SigningPublicKey,
    /// Capsules for it are sealed to this.
    pub sealing_key: SealingPublicKey,
    /// Its role.
    pub role: Role,
    /// Its install generation.
    pub install_generation: u32,
    /// Its name, sealed to the epoch of its addition.
    pub sealed_name: Vec<u8>,
    /// Index of the entry that added it.
    pub added_at: u64,
    /// Index of the entry that removed it, with the counter and hash of the last batch that counts.
    pub removed: Option<(u64, u64, Hash)>,
}

/// The space as its log describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    space: SpaceId,
    heads: Vec<Hash>,
    members: BTreeMap<DeviceId, Member>,
    epochs: Vec<(u64, SealingPublicKey)>,
    recovery_key: SealingPublicKey,
    assigned: BTreeMap<RecordId, Vec<DeviceId>>,
    intake: Vec<DeviceId>,
    last_removal: u64,
    last_unassignment: BTreeMap<RecordId, u64>,
}

fn not_allowed<T>(why: &'static str) -> Result<T, ProtocolError> {
    Err(ProtocolError::NotAllowed { why })
}

impl Membership {
    /// Starts from a genesis entry.
    ///
    /// # Errors
    /// [`ProtocolError::NotAllowed`], [`ProtocolError::BadSignature`] or a limit.
    pub fn from_genesis(entry: &LogEntry) -> Result<Self, ProtocolError> {
        let LogBody::Genesis { founder, epoch_key, recovery_key, share } = &entry.body else {
            return not_allowed("a log begins with a genesis");
        };
        if entry.suite != SUITE {
            return Err(ProtocolError::UnknownVersion { version: entry.suite });
        }
        if entry.index != 0 || entry.previous != Hash::NONE {
            return Err(ProtocolError::BrokenChain { what: "membership log" });
        }
        if founder.role != Role::Desk || founder.device != entry.author || share.device != founder.device {
            return not_allowed("the founder of a space is a desk that signs for itself");
        }
        verify(&founder.signing_key, Purpose::LogEntry, &entry.hash(), &entry.signature, "genesis")?;
        let mut membership = Self {
            space: entry.space,
            heads: vec![entry.hash()],
            members: BTreeMap::new(),
            epochs: vec![(0, *epoch_key)],
            recovery_key: *recovery_key,
            assigned: BTreeMap::new(),
            intake: vec![founder.device],
            last_removal: 0,
            last_unassignment: BTreeMap::new(),
        };
        membership.insert_member(founder, 0)?;
        Ok(membership)
    }

    /// The view after a whole log, genesis first.
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
        let author = self
            .active_member(&entry.author)
            .ok_or(ProtocolError::NotAllowed { why: "only an active member may write to the membership log" })?;
        let role = author.role;
        verify(&author.signing_key, Purpose::LogEntry, &entry.hash(), &entry.signature, "log entry")?;
        if !matches!(role, Role::Officer | Role::Desk) {
            return not_allowed("only officers and desks may write to the membership log");
        }
        match &entry.body {
            LogBody::Genesis { .. } => return not_allowed("a log has one genesis"),
            LogBody::Add { member, share } => {
                let is_desk = member.role == Role::Desk;
                if is_desk && role != Role::Desk {
                    return not_allowed("only a desk may add a desk");
                }
                if is_desk != share.as_ref().is_some_and(|share| share.device == member.device) {
                    return not_allowed("the epoch key goes to a new desk, and to nobody else");
                }
                self.insert_member(member, entry.index)?;
            }
            LogBody::RemoveAndRotate { device, last_counter, last_hash, epoch_key, shares, .. } => {
                self.remove_and_rotate(entry, role, (device, *last_counter, *last_hash), epoch_key, shares)?;
            }
            LogBody::Assign { record, officers } => {
                self.check_officers(officers)?;
                let before = self.assigned.insert(*record, officers.clone()).unwrap_or_default();
                if before.iter().any(|device| !officers.contains(device)) {
                    self.last_unassignment.insert(*record, entry.index);
                }
            }
            LogBody::Intake { officers } => {
                self.check_officers(officers)?;
                // Identities of everybody newly recorded go to them: that is an officer's or a desk's duty.
                let on_duty = |device: &DeviceId| {
                    self.active_member(device).is_some_and(|m| matches!(m.role, Role::Officer | Role::Desk))
                };
                if !officers.iter().all(on_duty) {
                    return not_allowed("only officers and desks are on duty");
                }
                self.intake.clone_from(officers);
            }
        }
        self.heads.push(entry.hash());
        Ok(())
    }

    fn insert_member(&mut self, new: &NewMember, index: u64) -> Result<(), ProtocolError> {
        if new.sealed_name.len() > limits::MAX_SEALED_NAME_BYTES {
            return Err(ProtocolError::TooLarge { what: "sealed name", limit: limits::MAX_SEALED_NAME_BYTES });
        }
        if self.members.values().filter(|member| member.removed.is_none()).count() >= limits::MAX_MEMBERS {
            return Err(ProtocolError::TooLarge { what: "space", limit: limits::MAX_MEMBERS });
        }
        // A device's name is used once, for ever: a removed member does not come back under it.
        if self.members.contains_key(&new.device) {
            return not_allowed("the device was a member before");
        }
        if self.members.values().any(|m| m.signing_key == new.signing_key || m.sealing_key == new.sealing_key) {
            return not_allowed("the keys belong to another member");
        }
        self.members.insert(
            new.device,
            Member {
                device: new.device,
                signing_key: new.signing_key,
                sealing_key: new.sealing_key,
                role: new.role,
                install_generation: new.install_generation,
                sealed_name: new.sealed_name.to_vec(),
                added_at: index,
                removed: None,
            },
        );
        Ok(())
    }

    fn remove_and_rotate(
        &mut self,
        entry: &LogEntry,
        role: Role,
        (device, last_counter, last_hash): (&DeviceId, u64, Hash),
        epoch_key: &SealingPublicKey,
        shares: &[crate::EpochShare],
    ) -> Result<(), ProtocolError> {
        if role != Role::Desk {
            return not_allowed("only a desk holds the epoch key and may rotate it");
        }
        if *device == entry.author {
            return not_allowed("a device does not remove itself");
        }
        if self.active_member(device).is_none() {
            return not_allowed("only an active member can be removed");
        }
        if (last_counter == 0) != (last_hash == Hash::NONE) {
            return not_allowed("the last batch that counts has both a counter and a hash");
        }
        if self.epochs.iter().any(|(_, key)| key == epoch_key) {
            return not_allowed("a new epoch has a new key");
        }
        let desks: Vec<DeviceId> =
            self.active_members().filter(|m| m.role == Role::Desk && m.device != *device).map(|m| m.device).collect();
        let mut shared: Vec<DeviceId> = shares.iter().map(|share| share.device).collect();
        shared.sort_unstable();
        if shared != desks {
            return not_allowed("a new epoch goes to every remaining desk, and to nobody else");
        }
        if let Some(member) = self.members.get_mut(device) {
            member.removed = Some((entry.index, last_counter, last_hash));
        }
        self.epochs.push((entry.index, *epoch_key));
        self.last_removal = entry.index;
        self.intake.retain(|officer| officer != device);
        for officers in self.assigned.values_mut() {
            officers.retain(|officer| officer != device);
        }
        Ok(())
    }

    fn check_officers(&self, officers: &[DeviceId]) -> Result<(), ProtocolError> {
        if officers.len() > limits::MAX_ASSIGNED_OFFICERS {
            return Err(ProtocolError::TooLarge { what: "assignment", limit: limits::MAX_ASSIGNED_OFFICERS });
        }
        let mut seen = officers.to_vec();
        seen.sort_unstable();
        seen.dedup();
        if seen.len() != officers.len() {
            return not_allowed("an officer is named once");
        }
        let may_read = |m: &Member| matches!(m.role, Role::Monitor | Role::Officer | Role::Desk);
        if officers.iter().all(|device| self.active_member(device).is_some_and(may_read)) {
            Ok(())
        } else {
            not_allowed("records are assigned to active monitors, officers and desks")
        }
    }

    /// The space.
    pub fn space(&self) -> SpaceId {
        self.space
    }

    /// How many entries the log has.
    pub fn length(&self) -> u64 {
        self.heads.len() as u64
    }

    /// Hash of the last entry.
    pub fn head(&self) -> Hash {
        self.heads.last().copied().unwrap_or(Hash::NONE)
    }

    /// Hash of the last of the first `length` entries.
    pub fn head_at(&self, length: u64) -> Option<Hash> {
        self.heads.get(usize::try_from(length.checked_sub(1)?).ok()?).copied()
    }

    /// Hash of the genesis: what two devices of one space have in common for ever.
    pub fn genesis(&self) -> Hash {
        self.heads.first().copied().unwrap_or(Hash::NONE)
    }

    /// A member, also a removed one.
    pub fn member(&self, device: &DeviceId) -> Option<&Member> {
        self.members.get(device)
    }

    /// A member that has not been removed.
    pub fn active_member(&self, device: &DeviceId) -> Option<&Member> {
        self.member(device).filter(|member| member.removed.is_none())
    }

    /// All that have not been removed, in the order of their ids.
    pub fn active_members(&self) -> impl Iterator<Item = &Member> {
        self.members.values().filter(|member| member.removed.is_none())
    }

    /// Number of the current epoch.
    pub fn epoch(&self) -> u32 {
        u32::try_from(self.epochs.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// Number of the epoch that was current when the log had `length` entries.
    pub fn epoch_at(&self, length: u64) -> u32 {
        let started = self.epochs.partition_point(|(index, _)| *index < length);
        u32::try_from(started.saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// Public half of an epoch.
    pub fn epoch_key(&self, epoch: u32) -> Option<SealingPublicKey> {
        self.epochs.get(usize::try_from(epoch).ok()?).map(|(_, key)| *key)
    }

    /// The committee's recovery key.
    pub fn recovery_key(&self) -> SealingPublicKey {
        self.recovery_key
    }

    /// The officers on duty, to whom identities of newly recorded persons are sealed.
    pub fn intake(&self) -> &[DeviceId] {
        &self.intake
    }

    /// Whether a key that was made when the log had `log_length` entries may still seal new content of the record: a
    /// removal, or an unassignment from the record, ends it (PROTOCOL 4).
    pub fn key_still_serves(&self, record: &RecordId, log_length: u64) -> bool {
        let unassigned = self.last_unassignment.get(record).copied().unwrap_or(0);
        self.last_removal.max(unassigned) < log_length
    }

    /// The devices that the log names for one record, if it names any.
    pub fn assigned(&self, record: &RecordId) -> Option<&[DeviceId]> {
        self.assigned.get(record).map(Vec::as_slice)
    }
}
