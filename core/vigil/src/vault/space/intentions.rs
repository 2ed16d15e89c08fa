//! What this device meant by entries that others' came before: written down until it is done again.
//! An intention promises to be done on the log as it is then, with keys and shares made anew (ADR 0009).

use super::Space;
use super::details::Details;
use crate::error::{Result, VigilError};
use crate::store::{Setting, StoreError, settings};
use crate::vault::Vault;
use minicbor::{Decode, Encode};
use rusqlite::Transaction;
use vigil_protocol::{Certificate, DeviceId, Hash, LogBody, Motion, MotionState, canonical};

/// One of them.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(super) struct Intention {
    /// What the entry said.
    #[n(0)]
    body: LogBody,
    /// Its hash, by which a motion is named.
    #[n(1)]
    hash: Hash,
    /// The details of a certificate, where this device could read them: the epoch may be another by then.
    #[n(2)]
    details: Option<Details>,
}

impl Intention {
    pub(super) fn write_down(tx: &Transaction<'_>, all: &[Self]) -> Result<(), StoreError> {
        let bytes = if all.is_empty() { Vec::new() } else { canonical::encode(&all.to_vec()) };
        settings::set(tx, Setting::LogIntentions, &bytes)
    }

    fn read(bytes: &[u8]) -> Result<Vec<Self>> {
        let damaged = |_| VigilError::DatabaseDamaged { detail: "the membership log" };
        canonical::decode(bytes).or_else(|_| {
            // As the first versions wrote them: the bodies alone.
            let bodies: Vec<LogBody> = canonical::decode(bytes).map_err(damaged)?;
            Ok(bodies.into_iter().map(|body| Self { body, hash: Hash::NONE, details: None }).collect())
        })
    }

    /// The same, where a motion has another name now.
    fn renamed(mut self, before: &Hash, now: Hash) -> Self {
        let named = match &mut self.body {
            LogBody::Second { motion } | LogBody::Object { motion } | LogBody::CarryOut { motion, .. } => motion,
            LogBody::Rotate { removal: Some(removal), .. } => &mut removal.motion,
            _ => return self,
        };
        if named == before {
            *named = now;
        }
        self
    }
}

impl Space {
    /// What this device's entries that the server has not confirmed are meant to do.
    pub(super) fn intentions(&self, device: &DeviceId) -> Vec<Intention> {
        let own = self.log.iter().skip(self.confirmed).filter(|entry| entry.author == *device);
        own.map(|entry| {
            let details = match &entry.body {
                LogBody::Admit { certificate, .. } | LogBody::Renew { certificate, .. } => {
                    self.read_details(certificate)
                }
                _ => None,
            };
            Intention { body: entry.body.clone(), hash: entry.hash(), details }
        })
        .collect()
    }

    fn read_details(&self, certificate: &Certificate) -> Option<Details> {
        let pair = self.epochs.get(&certificate.epoch)?;
        Details::open(pair, self.id(), &certificate.device, &certificate.sealed_details)
    }
}

impl Vault {
    /// Does again, on the log as it is now, what this device meant by entries that others' came before. It is written down
    /// until it is done, so that a crash in between forgets nothing.
    pub(crate) fn repeat_intentions(&mut self) -> Result<()> {
        let Some(bytes) = settings::get(self.store.read(), Setting::LogIntentions)?.filter(|bytes| !bytes.is_empty())
        else {
            return Ok(());
        };
        let mut waiting = Intention::read(&bytes)?;
        while !waiting.is_empty() {
            let intention = waiting.remove(0);
            let before = intention.hash;
            let done = self.repeat(intention);
            if let Ok(Some(now)) = done {
                waiting = waiting.into_iter().map(|later| later.renamed(&before, now)).collect();
            }
            self.store.in_transaction(|tx| Intention::write_down(tx, &waiting))?;
            done?;
        }
        Ok(())
    }

    /// One intention, with keys and shares made anew for the epoch that is current now. Gives a motion's new name.
    fn repeat(&mut self, intention: Intention) -> Result<Option<Hash>> {
        let Intention { body, details, .. } = intention;
        let now = self.now();
        let view = &self.space()?.membership;
        match body {
            LogBody::Genesis { .. } | LogBody::Found { .. } => {}
            LogBody::RemoveAndRotate { device, .. } => {
                // A removal that cannot be repeated must be seen: the person would stay a member.
                if view.active_member(&device).is_some() {
                    self.remove_member(&device)?;
                }
            }
            LogBody::Add { member, .. } => {
                if view.member(&member.device).is_none() {
                    let keys = (member.device, member.signing_key, member.sealing_key, member.install_generation);
                    self.repeat_addition(keys, member.role, &member.sealed_name)?;
                }
            }
            LogBody::Admit { certificate, cosignatures, .. } => {
                if view.member(&certificate.device).is_none() {
                    // As it was shown to the device: that is what it looks for in the log (ADR 0020).
                    self.write_admission(certificate, cosignatures)?;
                }
            }
            LogBody::Renew { certificate, cosignatures } => {
                let certificate = self.resealed(certificate, details, cosignatures.is_empty())?;
                // Somebody closed it out or lowered it in the meantime.
                allowing_refusal(self.write_log(LogBody::Renew { certificate, cosignatures }))?;
            }
            LogBody::Suspend { device, .. } => {
                if view.active_member(&device).is_some() {
                    self.suspend(&device)?;
                }
            }
            LogBody::Rotate { removal: None, .. } => {
                self.rotate_if_exposed()?;
            }
            LogBody::Rotate { removal: Some(removal), .. } => {
                if view.motion_state(&removal.motion, now) == Some(MotionState::Carried) {
                    self.carry_out(&removal.motion)?;
                }
            }
            LogBody::Move { motion } => return self.repeat_motion(motion),
            LogBody::CarryOut { motion, .. } => {
                if view.is_carried(&motion, now) {
                    self.carry_out(&motion)?;
                }
            }
            body @ (LogBody::RecoveryShares { .. } | LogBody::RecoveryShareFor { .. }) => self.write_log(body)?,
            body @ (LogBody::Assign { .. }
            | LogBody::Intake { .. }
            | LogBody::HandOverCases { .. }
            | LogBody::Replace { .. }
            | LogBody::Second { .. }
            | LogBody::Object { .. }) => {
                // Somebody whom it names was removed in the meantime, or the motion is over; the person sees it as it is.
                allowing_refusal(self.write_log(body))?;
            }
        }
        Ok(None)
    }

    /// Moves again; where another person has moved the same by now, it is seconded.
    fn repeat_motion(&mut self, motion: Motion) -> Result<Option<Hash>> {
        match self.propose_motion(motion) {
            Ok(hash) => Ok(Some(hash)),
            Err(VigilError::NotAllowed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A certificate whose details are sealed to the epoch that is current now. One that a second person signed stays as it
    /// is: she signed these bytes.
    fn resealed(&self, certificate: Certificate, details: Option<Details>, unsigned: bool) -> Result<Certificate> {
        match details {
            Some(details) if unsigned => {
                let (epoch, key) = self.current_epoch()?;
                let sealed_details = details.seal(&key, self.space()?.id(), &certificate.device)?.into();
                Ok(Certificate { epoch, sealed_details, ..certificate })
            }
            _ => Ok(certificate),
        }
    }
}

fn allowing_refusal(done: Result<()>) -> Result<()> {
    match done {
        Err(VigilError::NotAllowed { .. }) => Ok(()),
        done => done,
    }
}
