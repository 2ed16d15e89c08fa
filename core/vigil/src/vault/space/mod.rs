//! The space as this device knows it: membership log, epochs, server.
//! Entries written here are applied at once and confirmed by the server later; a conflict is rebased, never lost.

mod admission;
mod assignment;
mod details;
mod enrolment;
mod entries;
mod epochs;
mod exclusion;
mod founding;
mod intentions;
mod lease;
mod log_by_hand;
mod motions;
mod regrant;
mod second_code;

pub use admission::{Admission, CandidateView};
pub use assignment::HandedOver;
pub use details::Details;
pub use enrolment::{Confirmed, Invitation};
pub use founding::RecoveryKey;
pub use lease::LeaseView;
pub use motions::{MotionView, Proposal};
pub(in crate::vault) use second_code::read_first_code;

use crate::error::{Result, VigilError};
use crate::keys::{SealedTo, SealingKeyPair, open_text};
use crate::store::{self, Setting, Store, settings};
use std::collections::BTreeMap;
use vigil_protocol::{DeviceId, LogEntry, Membership, ProtocolError, ServerCard, SpaceId, canonical};

/// The space of this device.
pub(crate) struct Space {
    pub(crate) membership: Membership,
    pub(crate) log: Vec<LogEntry>,
    /// How many of the entries the server has confirmed.
    pub(crate) confirmed: usize,
    /// Epoch keys that this device holds.
    pub(crate) epochs: BTreeMap<u32, SealingKeyPair>,
    pub(crate) server: Option<ServerCard>,
}

impl Space {
    /// The space in the store, if there is one.
    pub(crate) fn load(store: &Store) -> Result<Option<Self>> {
        let rows = store::log::entries(store.read())?;
        let server = match settings::get(store.read(), Setting::Server)? {
            Some(bytes) => Some(canonical::decode(&bytes)?),
            None => None,
        };
        if rows.is_empty() {
            return Ok(enrolment::code_joined_by(store)?.map(|code| Self::shown(&code, server)));
        }
        let damaged = |_: ProtocolError| VigilError::DatabaseDamaged { detail: "the membership log" };
        let confirmed = rows.iter().take_while(|(_, confirmed)| *confirmed).count();
        let log = rows
            .iter()
            .map(|(bytes, _)| LogEntry::from_bytes(bytes))
            .collect::<Result<Vec<_>, _>>()
            .map_err(damaged)?;
        let membership = Membership::from_log(&log).map_err(damaged)?;
        let mut epochs = BTreeMap::new();
        for epoch in 0..=membership.epoch() {
            if let Some(pair) = store::log::epoch_key(store.read(), epoch)?.and_then(SealingKeyPair::from_private) {
                epochs.insert(epoch, pair);
            }
        }
        Ok(Some(Self { membership, log, confirmed, epochs, server }))
    }

    pub(crate) fn id(&self) -> SpaceId {
        self.membership.space()
    }

    /// What the committee knows of a member, where this device may read it.
    pub(crate) fn details_of(&self, device: &DeviceId) -> Option<Details> {
        let member = self.membership.member(device)?;
        let pair = self.epochs.get(&member.details_epoch)?;
        if member.certified.is_some() {
            return Details::open(pair, self.id(), device, &member.sealed_details);
        }
        let name = open_text(pair, &SealedTo::Name { space: self.id(), device: *device }, &member.sealed_name)?;
        Some(Details { name, ..Details::default() })
    }

    /// The name of a member, where this device may read it.
    pub(crate) fn name_of(&self, device: &DeviceId) -> Option<String> {
        self.details_of(device).map(|details| details.name).filter(|name| !name.is_empty())
    }

    /// How a member is called in lists: by name where this device may read it, otherwise by role and a short form.
    pub(crate) fn call(&self, device: &DeviceId) -> String {
        self.name_of(device).unwrap_or_else(|| {
            let role = self.membership.member(device).map_or("unknown device", |member| member.role.name());
            format!("{role} {}", device.short())
        })
    }
}
