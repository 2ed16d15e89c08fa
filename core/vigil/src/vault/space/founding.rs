//! The beginning of a space: founding it, naming its server, and making a log this device's.
//! A log promises to be adopted whole, with the keys that it gives this device, or not at all.

use super::Space;
use super::details::Details;
use super::epochs::{seal_recovery, share_epoch};
use crate::error::{Result, VigilError};
use crate::keys::{SealingKeyPair, Secret, random_bytes};
use crate::store::{self, Setting, settings};
use crate::vault::Vault;
use crate::vault::codes::{RECOVERY_PREFIX, from_code, server_card, to_code};
use std::collections::BTreeMap;
use vigil_protocol::{
    Certificate, LogBody, LogEntry, Membership, PersonId, Policy, Role, ServerCard, SpaceId, Timestamp, canonical,
    limits,
};
use zeroize::Zeroizing;

/// The committee's recovery key: shown once, kept on paper, never stored on the device.
pub struct RecoveryKey(Zeroizing<String>);

impl RecoveryKey {
    /// The text to write down.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The key pair that a text stands for.
    pub(crate) fn pair(text: &str) -> Result<SealingKeyPair> {
        let bytes = Zeroizing::new(from_code("recovery key", RECOVERY_PREFIX, text)?);
        let private = Secret::from_slice(&bytes).and_then(SealingKeyPair::from_private);
        private.ok_or_else(|| VigilError::invalid("recovery key", "it is not one"))
    }
}

impl std::fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryKey(***)")
    }
}

impl Vault {
    /// Creates a space with this device as its founding desk and the policy of every day. `server` is the text of a
    /// server's card; without one the space works offline and can be given a server later.
    ///
    /// # Errors
    /// [`VigilError::AlreadyInSpace`], [`VigilError::Invalid`] for the card.
    pub fn create_space(&mut self, server: Option<&str>) -> Result<RecoveryKey> {
        self.create_space_with(server, Policy::default())
    }

    /// As [`Self::create_space`], with a policy of the committee's.
    ///
    /// # Errors
    /// As [`Self::create_space`], and [`VigilError::NotAllowed`] for a policy outside its bounds.
    pub fn create_space_with(&mut self, server: Option<&str>, policy: Policy) -> Result<RecoveryKey> {
        if self.space.is_some() {
            return Err(VigilError::AlreadyInSpace);
        }
        let server = server.map(server_card).transpose()?;
        let (space, now) = (SpaceId(random_bytes()), self.now());
        let (epoch, recovery) = (SealingKeyPair::generate(), SealingKeyPair::generate());
        let details = Details { name: self.own_name()?, ..Details::default() };
        let founder = Certificate {
            device: self.device,
            person: PersonId(random_bytes()),
            signing_key: self.keys.signing.public(),
            sealing_key: self.keys.sealing.public(),
            install_generation: 1,
            role: Role::Desk,
            probation: false,
            not_before: now,
            not_after: Timestamp(now.0.saturating_add(limits::MAX_CERTIFICATE_MS)),
            epoch: 0,
            sealed_details: details.seal(&epoch.public(), space, &self.device)?.into(),
        };
        let (recovery_encapsulated, recovery_sealed) = seal_recovery(space, 0, &epoch, &recovery.public())?;
        let body = LogBody::Found {
            founder,
            epoch_key: epoch.public(),
            recovery_key: recovery.public(),
            share: share_epoch(space, 0, epoch.private(), self.device, &self.keys.sealing.public())?,
            recovery_encapsulated,
            recovery_sealed,
            policy,
        };
        let start = (0, vigil_protocol::Hash::NONE);
        let genesis = LogEntry::sign(space, start, now, self.device, body, &self.keys.signing);
        let membership = Membership::from_genesis(&genesis)?;
        self.adopt((membership, vec![genesis]), 0, server)?;
        Ok(RecoveryKey(Zeroizing::new(to_code(RECOVERY_PREFIX, recovery.private().expose()))))
    }

    /// Makes a log this device's, in one transaction.
    pub(super) fn adopt(
        &mut self,
        (membership, log): (Membership, Vec<LogEntry>),
        confirmed: usize,
        server: Option<ServerCard>,
    ) -> Result<()> {
        let mut space = Space { membership, log, confirmed, epochs: BTreeMap::new(), server };
        let (device, keys) = (self.device, &self.keys);
        self.store.in_transaction(|tx| {
            for (position, entry) in (0u64..).zip(&space.log) {
                store::log::append(tx, position, &entry.to_bytes(), position < confirmed as u64)?;
            }
            settings::remove(tx, Setting::SecondCode)?;
            if let Some(card) = &space.server {
                settings::set(tx, Setting::Server, &canonical::encode(card))?;
            }
            for entry in space.log.clone() {
                space.learn_epochs(tx, &entry, &device, &keys.sealing)?;
            }
            Ok::<_, VigilError>(())
        })?;
        self.space = Some(space);
        self.note_time(&[], None)?;
        self.follow_policy()
    }

    /// Names the server of a space that had none, or another one.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for the card, [`VigilError::NotInSpace`].
    pub fn set_server(&mut self, card: &str) -> Result<()> {
        let card = server_card(card)?;
        self.space()?;
        self.check_pinned(&card)?;
        self.store.in_transaction(|tx| settings::set(tx, Setting::Server, &canonical::encode(&card)))?;
        if let Some(space) = &mut self.space {
            space.server = Some(card);
        }
        Ok(())
    }

    pub(in crate::vault) fn own_name(&self) -> Result<String> {
        let bytes = settings::get(self.store.read(), Setting::OwnName)?.unwrap_or_default();
        String::from_utf8(bytes).map_err(|_| VigilError::DatabaseDamaged { detail: "the device's name" })
    }
}
