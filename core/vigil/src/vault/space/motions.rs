//! Motions as people see them, and what they do about them.
//! A motion that is carried promises to be carried out at most once, whoever does it first.

use crate::error::{Result, VigilError};
use crate::vault::Vault;
use serde::Serialize;
use vigil_protocol::{DeviceId, Hash, LogBody, Motion, MotionRecord, MotionState, Policy, RecordId, Role, limits};

/// What can be moved from here. Recovery and export have ways of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposal {
    /// A device is removed for ever.
    Remove(DeviceId),
    /// A member gets a higher role.
    Raise(DeviceId, Role),
    /// A member's probation ends.
    EndProbation(DeviceId),
    /// A suspended member comes back.
    Reinstate(DeviceId),
    /// A case is erased.
    EraseCase(RecordId),
    /// Another policy.
    ChangePolicy(Policy),
}

impl From<Proposal> for Motion {
    fn from(proposal: Proposal) -> Self {
        match proposal {
            Proposal::Remove(device) => Self::Remove { device },
            Proposal::Raise(device, role) => Self::Raise { device, role },
            Proposal::EndProbation(device) => Self::EndProbation { device },
            Proposal::Reinstate(device) => Self::Reinstate { device },
            Proposal::EraseCase(record) => Self::EraseCase { record },
            Proposal::ChangePolicy(policy) => Self::ChangePolicy { policy },
        }
    }
}

/// A motion as lists show it.
#[derive(Clone, Serialize)]
pub struct MotionView {
    /// Its name: any beginning of it that is unique will do.
    pub id: String,
    /// What is moved: `remove`, `raise`, ...
    pub kind: String,
    /// The device that it is about, in hexadecimal.
    pub device: Option<String>,
    /// How that device is called here.
    pub about: Option<String>,
    /// The new role, of a raise.
    pub role: Option<String>,
    /// The record, of an erasure.
    pub record: Option<String>,
    /// When its mover says that it was moved, in milliseconds since 1970.
    pub moved_at: i64,
    /// `open`, `carried`, `carried_out` or `lapsed`.
    pub state: String,
    /// How many persons count for it now.
    pub persons: usize,
    /// How many carry it at once.
    pub persons_needed: usize,
    /// From when on one person is enough, in milliseconds since 1970; none if somebody objected.
    pub alone_from: Option<i64>,
    /// Who moved and seconded it.
    pub backers: Vec<String>,
    /// Who objected.
    pub objectors: Vec<String>,
}

impl Vault {
    /// Moves something that takes two persons. Gives the motion's name. Where the same is open already, it is seconded.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`].
    pub fn propose(&mut self, proposal: Proposal) -> Result<Hash> {
        self.propose_motion(proposal.into())
    }

    pub(crate) fn propose_motion(&mut self, motion: Motion) -> Result<Hash> {
        let now = self.now();
        let view = &self.space()?.membership;
        let open = |record: &&MotionRecord| {
            record.motion == motion
                && matches!(view.motion_state(&record.hash, now), Some(MotionState::Open | MotionState::Carried))
        };
        if let Some(hash) = view.motions().into_iter().find(open).map(|record| record.hash) {
            self.second(&hash)?;
            return Ok(hash);
        }
        self.write_log(LogBody::Move { motion })?;
        Ok(self.space()?.membership.head())
    }

    /// Joins a motion.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`].
    pub fn second(&mut self, motion: &Hash) -> Result<()> {
        self.write_log(LogBody::Second { motion: *motion })
    }

    /// Objects to a motion: one person alone cannot carry it any more.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`].
    pub fn object(&mut self, motion: &Hash) -> Result<()> {
        self.write_log(LogBody::Object { motion: *motion })
    }

    /// Carries out a motion that is carried. Carrying out the erasure of a case erases it, here and everywhere.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::NotAllowed`] if it is not carried, or for a device that cannot do it: a removal
    /// and a new desk take a desk that holds the epoch's key.
    pub fn carry_out(&mut self, motion: &Hash) -> Result<()> {
        let view = &self.space()?.membership;
        let record = view.motion(motion).ok_or(VigilError::NotFound { what: "motion" })?;
        let share = match record.motion.clone() {
            Motion::Remove { device } => return self.carry_out_removal(motion, &device),
            Motion::EraseCase { record } => {
                self.write_log(LogBody::CarryOut { motion: *motion, share: None })?;
                return self.erase_as_decided(&record);
            }
            Motion::Raise { device, role: Role::Desk } => {
                let member = view.member(&device).ok_or(VigilError::NotFound { what: "member" })?;
                Some(self.share_for(device, &member.sealing_key)?)
            }
            Motion::Reinstate { device } => match view.member(&device) {
                Some(member) if member.role == Role::Desk && self.holds_epoch()? => {
                    Some(self.share_for(device, &member.sealing_key)?)
                }
                _ => None,
            },
            _ => None,
        };
        self.write_log(LogBody::CarryOut { motion: *motion, share })
    }

    /// Carries out removals and erasures that are carried, where this device can, and starts a new epoch where the newest is exposed.
    pub(crate) fn do_what_is_carried(&mut self) -> Result<()> {
        let now = self.now();
        let view = &self.space()?.membership;
        let i_am_desk = view.active_member(&self.device).is_some_and(|me| me.role == Role::Desk && me.leads(now));
        if !i_am_desk || !self.holds_epoch()? {
            return Ok(());
        }
        let carried: Vec<Hash> = view
            .motions()
            .into_iter()
            .filter(|record| view.is_carried(&record.hash, now))
            .filter(|record| match record.motion {
                Motion::Remove { device } => device != self.device,
                Motion::EraseCase { .. } => true,
                _ => false,
            })
            .map(|record| record.hash)
            .collect();
        for motion in carried {
            self.carry_out(&motion)?;
        }
        self.rotate_if_exposed()?;
        Ok(())
    }

    /// All motions, oldest first.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`].
    pub fn motions(&self) -> Result<Vec<MotionView>> {
        self.space()?.membership.motions().into_iter().map(|record| self.motion_view(record)).collect()
    }

    fn motion_view(&self, record: &MotionRecord) -> Result<MotionView> {
        let (view, now) = (&self.space()?.membership, self.now());
        let call = |devices: &[DeviceId]| devices.iter().map(|device| self.call(device)).collect::<Result<Vec<_>>>();
        let device = record.motion.device();
        Ok(MotionView {
            id: record.hash.to_string(),
            kind: record.motion.name().to_owned(),
            device: device.map(|device| device.to_string()),
            about: device.map(|device| self.call(&device)).transpose()?,
            role: match &record.motion {
                Motion::Raise { role, .. } => Some(role.name().to_owned()),
                _ => None,
            },
            record: match &record.motion {
                Motion::EraseCase { record } => Some(record.to_string()),
                _ => None,
            },
            moved_at: record.time.0,
            state: view.motion_state(&record.hash, now).map_or("open", MotionState::name).to_owned(),
            persons: view.seats(record, now).len(),
            persons_needed: view.persons_needed(&record.motion),
            alone_from: record.objectors.is_empty().then(|| record.time.0.saturating_add(limits::OBJECTION_MS)),
            backers: call(&record.backers)?,
            objectors: call(&record.objectors)?,
        })
    }

    /// Motions that this device's person could carry and has said nothing to.
    pub(in crate::vault) fn motions_waiting(&self) -> Result<u64> {
        let (view, now) = (&self.space()?.membership, self.now());
        let Some(me) = view.active_member(&self.device).filter(|me| me.leads(now)) else { return Ok(0) };
        let is_mine = |device: &DeviceId| view.member(device).is_some_and(|member| member.person == me.person);
        let waits = |record: &&MotionRecord| {
            view.motion_state(&record.hash, now) == Some(MotionState::Open)
                && !record.backers.iter().chain(&record.objectors).any(is_mine)
        };
        Ok(view.motions().into_iter().filter(waits).count() as u64)
    }

    /// The motion whose name begins like this.
    ///
    /// # Errors
    /// [`VigilError::NotFound`] or [`VigilError::Ambiguous`].
    pub fn find_motion(&self, prefix: &str) -> Result<Hash> {
        let prefix = prefix.trim().to_ascii_lowercase();
        let motions = self.space()?.membership.motions();
        let mut fitting = motions.iter().filter(|record| record.hash.to_string().starts_with(&prefix));
        let found = fitting.next().filter(|_| !prefix.is_empty()).ok_or(VigilError::NotFound { what: "motion" })?;
        if fitting.next().is_some() {
            return Err(VigilError::Ambiguous { what: "motion" });
        }
        Ok(found.hash)
    }

    /// The space's policy; none in a space of the first days.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`].
    pub fn policy(&self) -> Result<Option<Policy>> {
        Ok(self.space()?.membership.policy().cloned())
    }
}
