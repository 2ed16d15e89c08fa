//! The space as this device knows it: membership log, epochs, server; creating, admitting, joining, assigning, removing.
//! Entries written here are applied at once and confirmed by the server later; a conflict is rebased, never lost.

use super::Vault;
use super::codes::{JOIN_PREFIX, RECOVERY_PREFIX, WELCOME_PREFIX, from_code, server_card, to_code};
use crate::error::{Result, VigilError};
use crate::keys::{SealedTo, SealingKeyPair, Secret, open_key, open_text, random_bytes, seal_key, seal_text};
use crate::store::{self, Setting, Store, StoreError, settings};
use crate::sync::Save;
use rusqlite::Transaction;
use std::collections::BTreeMap;
use vigil_protocol::{
    DeviceId, EpochShare, JoinRequest, LogBody, LogEntry, Membership, NewMember, ProtocolError, RecordId, Role,
    SealingPublicKey, ServerCard, SigningPublicKey, SpaceId, Welcome, canonical, limits,
};
use zeroize::Zeroizing;

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

/// The committee's recovery key: shown once, kept on paper, never stored on the device.
pub struct RecoveryKey(Zeroizing<String>);

impl RecoveryKey {
    /// The text to write down.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryKey(***)")
    }
}

impl Space {
    /// The space in the store, if there is one.
    pub(crate) fn load(store: &Store) -> Result<Option<Self>> {
        let rows = store::log::entries(store.read())?;
        if rows.is_empty() {
            return Ok(None);
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
        let server = match settings::get(store.read(), Setting::Server)? {
            Some(bytes) => Some(canonical::decode(&bytes)?),
            None => None,
        };
        Ok(Some(Self { membership, log, confirmed, epochs, server }))
    }

    pub(crate) fn id(&self) -> SpaceId {
        self.membership.space()
    }

    /// Takes the epoch keys out of an entry that this device can open; each is checked against the public half.
    fn learn_epochs(
        &mut self,
        tx: &Transaction<'_>,
        entry: &LogEntry,
        device: &DeviceId,
        keys: &SealingKeyPair,
    ) -> Result<()> {
        let space = self.id();
        let (epoch, share) = match &entry.body {
            LogBody::Genesis { share, .. } => (0, Some(share)),
            LogBody::Add { share, .. } => (self.membership.epoch_at(entry.index + 1), share.as_ref()),
            LogBody::RemoveAndRotate { shares, .. } => {
                (self.membership.epoch_at(entry.index + 1), shares.iter().find(|share| share.device == *device))
            }
            _ => return Ok(()),
        };
        let Some(share) = share.filter(|share| share.device == *device) else { return Ok(()) };
        let purpose = SealedTo::Epoch { space, epoch, desk: *device };
        let opened = open_key(keys, &purpose, &share.encapsulated, &share.sealed);
        self.keep_epoch(tx, epoch, opened)?;
        // The key of each epoch opens the one before: a new desk reads the space's history.
        for epoch in (1..=epoch).rev() {
            let Some((encapsulated, sealed)) = self.previous_of(epoch) else { continue };
            let Some(pair) = self.epochs.get(&epoch) else { break };
            let opened = open_key(pair, &SealedTo::PreviousEpoch { space, epoch }, &encapsulated, &sealed);
            self.keep_epoch(tx, epoch - 1, opened)?;
        }
        Ok(())
    }

    fn previous_of(&self, epoch: u32) -> Option<(SealingPublicKey, [u8; 48])> {
        self.log
            .iter()
            .filter_map(|entry| match &entry.body {
                LogBody::RemoveAndRotate { previous_encapsulated, previous_sealed, .. } => {
                    Some((*previous_encapsulated, **previous_sealed))
                }
                _ => None,
            })
            .nth(usize::try_from(epoch).ok()?.checked_sub(1)?)
    }

    fn keep_epoch(&mut self, tx: &Transaction<'_>, epoch: u32, opened: Option<Secret<32>>) -> Result<()> {
        // A share that does not open, or another key than the public half: this desk cannot read the epoch. It can go on
        // writing, and the committee sees it as a desk that has no key.
        let Some(pair) = opened.and_then(SealingKeyPair::from_private) else { return Ok(()) };
        if self.membership.epoch_key(epoch) != Some(pair.public()) || self.epochs.contains_key(&epoch) {
            return Ok(());
        }
        store::log::set_epoch_key(tx, epoch, pair.private())?;
        self.epochs.insert(epoch, pair);
        Ok(())
    }

    /// The name of a member, where this device may read it.
    pub(crate) fn name_of(&self, device: &DeviceId) -> Option<String> {
        let member = self.membership.member(device)?;
        let pair = self.epochs.get(&self.membership.epoch_at(member.added_at + 1))?;
        open_text(pair, &SealedTo::Name { space: self.id(), device: *device }, &member.sealed_name)
            .filter(|name| !name.is_empty())
    }

    /// How a member is called in lists: by name where this device may read it, otherwise by role and a short form.
    pub(crate) fn call(&self, device: &DeviceId) -> String {
        self.name_of(device).unwrap_or_else(|| {
            let role = self.membership.member(device).map_or("unknown device", |member| member.role.name());
            format!("{role} {}", device.short())
        })
    }
}

impl Vault {
    /// Creates a space with this device as its founding desk. `server` is the text of a server's card; without one the space
    /// works offline and can be given a server later.
    ///
    /// # Errors
    /// [`VigilError::AlreadyInSpace`], [`VigilError::Invalid`] for the card.
    pub fn create_space(&mut self, server: Option<&str>) -> Result<RecoveryKey> {
        if self.space.is_some() {
            return Err(VigilError::AlreadyInSpace);
        }
        let server = server.map(server_card).transpose()?;
        let space = SpaceId(random_bytes());
        let (epoch, recovery) = (SealingKeyPair::generate(), SealingKeyPair::generate());
        let own_name = self.own_name()?;
        let founder = NewMember {
            device: self.device,
            signing_key: self.keys.signing.public(),
            sealing_key: self.keys.sealing.public(),
            role: Role::Desk,
            install_generation: 1,
            sealed_name: sealed_name(space, &self.device, &epoch.public(), &own_name)?.into(),
        };
        let share = share_epoch(space, 0, epoch.private(), self.device, &self.keys.sealing.public())?;
        let body = LogBody::Genesis { founder, epoch_key: epoch.public(), recovery_key: recovery.public(), share };
        let start = (0, vigil_protocol::Hash::NONE);
        let genesis = LogEntry::sign(space, start, self.now(), self.device, body, &self.keys.signing);
        self.adopt(vec![genesis], 0, server)?;
        Ok(RecoveryKey(Zeroizing::new(to_code(RECOVERY_PREFIX, recovery.private().expose()))))
    }

    /// The text that this device shows to whoever admits it.
    ///
    /// # Errors
    /// [`VigilError::AlreadyInSpace`].
    pub fn join_request(&self) -> Result<String> {
        if self.space.is_some() {
            return Err(VigilError::AlreadyInSpace);
        }
        let request = JoinRequest::sign(self.device, self.keys.sealing.public(), 1, &self.keys.signing);
        Ok(to_code(JOIN_PREFIX, &canonical::encode(&request)))
    }

    /// Admits the device that made this join request, and gives the welcome to hand back to it. Works without network; the
    /// server learns of it with the next sync.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for the request, [`VigilError::NotAllowed`] by role.
    pub fn admit(&mut self, request: &str, role: Role, name: &str) -> Result<String> {
        let request = JoinRequest::from_bytes(&from_code("join request", JOIN_PREFIX, request)?)?;
        let keys = (request.device, request.signing_key, request.sealing_key, request.install_generation);
        let body = self.addition(keys, role, name)?;
        self.write_log(body)?;
        let space = self.space()?;
        let welcome = Welcome { suite: vigil_protocol::SUITE, server: space.server.clone(), log: space.log.clone() };
        Ok(to_code(WELCOME_PREFIX, &canonical::encode(&welcome)))
    }

    /// Joins the space of a welcome. From then on the device can record, with or without network.
    ///
    /// # Errors
    /// [`VigilError::AlreadyInSpace`], [`VigilError::Invalid`], or [`VigilError::NotAllowed`] if the welcome is for another
    /// device.
    pub fn join(&mut self, welcome: &str) -> Result<()> {
        if self.space.is_some() {
            return Err(VigilError::AlreadyInSpace);
        }
        let welcome = Welcome::from_bytes(&from_code("welcome", WELCOME_PREFIX, welcome)?)?;
        let membership = Membership::from_log(&welcome.log)?;
        let me = membership
            .active_member(&self.device)
            .ok_or(VigilError::NotAllowed { why: "the welcome is for another device" })?;
        if me.signing_key != self.keys.signing.public() || me.sealing_key != self.keys.sealing.public() {
            return Err(VigilError::NotAllowed { why: "the welcome is for another device" });
        }
        // Nobody knows yet whether the server has these entries, or whether others' came before them: only the genesis is
        // certain, and the first sync settles the rest before anything is signed over it.
        self.adopt(welcome.log, 1, welcome.server)
    }

    fn adopt(&mut self, log: Vec<LogEntry>, confirmed: usize, server: Option<ServerCard>) -> Result<()> {
        let membership = Membership::from_log(&log)?;
        let mut space = Space { membership, log, confirmed, epochs: BTreeMap::new(), server };
        let (device, keys) = (self.device, &self.keys);
        self.store.in_transaction(|tx| {
            for (position, entry) in (0u64..).zip(&space.log) {
                store::log::append(tx, position, &entry.to_bytes(), position < confirmed as u64)?;
            }
            if let Some(card) = &space.server {
                settings::set(tx, Setting::Server, &canonical::encode(card))?;
            }
            for entry in space.log.clone() {
                space.learn_epochs(tx, &entry, &device, &keys.sealing)?;
            }
            Ok::<_, VigilError>(())
        })?;
        self.space = Some(space);
        Ok(())
    }

    /// Names the server of a space that had none, or another one.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for the card, [`VigilError::NotInSpace`].
    pub fn set_server(&mut self, card: &str) -> Result<()> {
        let card = server_card(card)?;
        self.space()?;
        self.store.in_transaction(|tx| settings::set(tx, Setting::Server, &canonical::encode(&card)))?;
        if let Some(space) = &mut self.space {
            space.server = Some(card);
        }
        Ok(())
    }

    /// Names the officers on duty: identities of newly recorded persons are sealed to them.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`].
    pub fn set_intake(&mut self, officers: &[DeviceId]) -> Result<()> {
        self.write_log(LogBody::Intake { officers: officers.to_vec() })
    }

    /// Names all who may read one record besides the desks, and gives them its key. Who was named before and is not now
    /// reads nothing that is written from now on.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] by role, [`VigilError::NotFound`] if this device cannot read the record itself.
    pub fn assign(&mut self, record: &RecordId, officers: &[DeviceId]) -> Result<()> {
        let generations = store::generations::of_record(self.store.read(), record)?;
        if generations.is_empty() {
            return Err(VigilError::NotFound { what: "record" });
        }
        self.check_assignable(record)?;
        let assignment = LogBody::Assign { record: *record, officers: officers.to_vec() };
        let others: Vec<DeviceId> = officers.iter().filter(|device| **device != self.device).copied().collect();
        let copy = self.write_log_and(assignment, |vault, tx| {
            let grant = (!others.is_empty()).then(|| vault.enqueue(tx, record, &Save::Grant(others)));
            grant.transpose()
        })?;
        self.keep_copies(copy.into_iter().collect())
    }

    /// Removes a device and starts a new epoch.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] unless this device is a desk that holds the epoch key.
    pub fn remove_member(&mut self, device: &DeviceId) -> Result<()> {
        let space = self.space()?;
        let (id, epoch) = (space.id(), space.membership.epoch() + 1);
        let old = space
            .epochs
            .get(&(epoch - 1))
            .ok_or(VigilError::NotAllowed { why: "only a desk that holds the epoch key can remove a device" })?;
        let new = SealingKeyPair::generate();
        let internal = || VigilError::internal("sealing the epoch key");
        let purpose = SealedTo::PreviousEpoch { space: id, epoch };
        let (previous_encapsulated, previous_sealed) =
            seal_key(&new.public(), &purpose, old.private()).ok_or_else(internal)?;
        let shares = space
            .membership
            .active_members()
            .filter(|member| member.role == Role::Desk && member.device != *device)
            .map(|desk| share_epoch(id, epoch, new.private(), desk.device, &desk.sealing_key))
            .collect::<Result<Vec<_>>>()?;
        let (last_counter, last_hash) = store::chains::last(self.store.read(), device)?;
        self.write_log(LogBody::RemoveAndRotate {
            device: *device,
            last_counter,
            last_hash,
            epoch_key: new.public(),
            shares,
            previous_encapsulated,
            previous_sealed: previous_sealed.into(),
        })
    }

    /// Appends an entry of this device; it is in force here at once and sent with the next sync.
    pub(crate) fn write_log(&mut self, body: LogBody) -> Result<()> {
        self.write_log_and(body, |_, _| Ok(()))
    }

    /// Appends an entry of this device, and does `also` in the same transaction: both or neither.
    fn write_log_and<T>(
        &mut self,
        body: LogBody,
        also: impl FnOnce(&Self, &Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let now = self.now();
        let space = self.space.as_mut().ok_or(VigilError::NotInSpace)?;
        let at = (space.membership.length(), space.membership.head());
        let entry = LogEntry::sign(space.id(), at, now, self.device, body, &self.keys.signing);
        let mut membership = space.membership.clone();
        membership.append(&entry)?;
        let before = std::mem::replace(&mut space.membership, membership);
        space.log.push(entry);
        let result = self.store_last_entry(also);
        if let (Err(_), Some(space)) = (&result, self.space.as_mut()) {
            space.membership = before;
            space.log.pop();
        }
        result
    }

    fn store_last_entry<T>(&mut self, also: impl FnOnce(&Self, &Transaction<'_>) -> Result<T>) -> Result<T> {
        let tx = self.store.begin()?;
        let space = self.space.as_mut().ok_or(VigilError::NotInSpace)?;
        if let Some(entry) = space.log.last().cloned() {
            store::log::append(&tx, entry.index, &entry.to_bytes(), false)?;
            space.learn_epochs(&tx, &entry, &self.device, &self.keys.sealing)?;
        }
        let done = also(self, &tx)?;
        tx.commit().map_err(StoreError::from)?;
        Ok(done)
    }

    /// Takes in what the server says of the log: entries of this device that it has taken, and entries of others, before
    /// which this device's unconfirmed ones are signed again.
    pub(crate) fn merge_log(&mut self, appended: u64, others: &[LogEntry]) -> Result<()> {
        let Some(space) = self.space.as_mut() else { return Err(VigilError::NotInSpace) };
        let confirmed = (space.confirmed as u64).saturating_add(appended).min(space.log.len() as u64);
        if appended > 0 {
            self.store.in_transaction(|tx| store::log::confirm_below(tx, confirmed))?;
            space.confirmed = usize::try_from(confirmed).unwrap_or(usize::MAX);
        }
        // What is here already, word for word, needs nothing.
        let new: Vec<LogEntry> = others
            .iter()
            .filter(|entry| {
                let held = usize::try_from(entry.index).ok().and_then(|index| space.log.get(index));
                held.is_none_or(|held| held != *entry)
            })
            .cloned()
            .collect();
        if new.is_empty() {
            let top = others.last().map_or(0, |entry| entry.index + 1).min(space.log.len() as u64);
            if top > space.confirmed as u64 {
                self.store.in_transaction(|tx| store::log::confirm_below(tx, top))?;
                space.confirmed = usize::try_from(top).unwrap_or(usize::MAX);
            }
            return Ok(());
        }
        // Everything is checked before anything is replaced.
        let kept = space.log.get(..space.confirmed).unwrap_or_default().to_vec();
        let mut membership = Membership::from_log(&kept)?;
        let kept_epoch = membership.epoch();
        for entry in &new {
            membership.append(entry)?;
        }
        let (device, keys) = (self.device, &self.keys);
        let mine: Vec<LogBody> = space
            .log
            .iter()
            .skip(space.confirmed)
            .filter(|entry| entry.author == device)
            .map(|entry| entry.body.clone())
            .collect();
        let mut next = Space {
            membership,
            log: [kept, new.clone()].concat(),
            confirmed: 0,
            epochs: std::mem::take(&mut space.epochs),
            server: space.server.clone(),
        };
        next.confirmed = next.log.len();
        let first = next.confirmed - new.len();
        let result = self.store.in_transaction(|tx| {
            store::log::drop_unconfirmed(tx)?;
            // An epoch that only a replaced entry started has never existed.
            store::log::forget_epochs_after(tx, kept_epoch)?;
            next.epochs.retain(|epoch, _| *epoch <= kept_epoch);
            for (position, entry) in (first as u64..).zip(&new) {
                store::log::append(tx, position, &entry.to_bytes(), true)?;
                next.learn_epochs(tx, entry, &device, &keys.sealing)?;
            }
            settings::set(tx, Setting::LogIntentions, &canonical::encode(&mine))?;
            Ok::<_, VigilError>(())
        });
        match result {
            Ok(()) => self.space = Some(next),
            Err(error) => {
                self.space = Space::load(&self.store)?;
                return Err(error);
            }
        }
        self.repeat_intentions()
    }

    /// Does again, on the log as it is now, what this device meant by entries that others' came before. It is written down
    /// until it is done, so that a crash in between forgets nothing.
    pub(crate) fn repeat_intentions(&mut self) -> Result<()> {
        let Some(bytes) = settings::get(self.store.read(), Setting::LogIntentions)?.filter(|bytes| !bytes.is_empty())
        else {
            return Ok(());
        };
        let mut waiting: Vec<LogBody> =
            canonical::decode(&bytes).map_err(|_| VigilError::DatabaseDamaged { detail: "the membership log" })?;
        while !waiting.is_empty() {
            let body = waiting.remove(0);
            let done = self.repeat(body);
            self.store.in_transaction(|tx| {
                let rest = if waiting.is_empty() { Vec::new() } else { canonical::encode(&waiting) };
                settings::set(tx, Setting::LogIntentions, &rest)
            })?;
            done?;
        }
        Ok(())
    }

    /// One intention, with keys and shares made anew for the epoch that is current now.
    fn repeat(&mut self, body: LogBody) -> Result<()> {
        let space = self.space()?;
        match body {
            LogBody::Genesis { .. } => Ok(()),
            LogBody::RemoveAndRotate { device, .. } => {
                if space.membership.active_member(&device).is_none() {
                    return Ok(());
                }
                // A removal that cannot be repeated must be seen: the person would stay a member.
                self.remove_member(&device)
            }
            LogBody::Add { member, .. } => {
                if space.membership.member(&member.device).is_some() {
                    return Ok(());
                }
                let purpose = SealedTo::Name { space: space.id(), device: member.device };
                let name = space.epochs.values().find_map(|pair| open_text(pair, &purpose, &member.sealed_name));
                let body = self.addition(
                    (member.device, member.signing_key, member.sealing_key, member.install_generation),
                    member.role,
                    &name.unwrap_or_default(),
                )?;
                self.write_log(body)
            }
            body @ (LogBody::Assign { .. } | LogBody::Intake { .. }) => match self.write_log(body) {
                // Somebody whom it names was removed in the meantime; the person sees the list as it is.
                Ok(()) | Err(VigilError::NotAllowed { .. }) => Ok(()),
                Err(error) => Err(error),
            },
        }
    }

    /// The entry that adds a device, sealed for the current epoch.
    fn addition(
        &self,
        (device, signing_key, sealing_key, install_generation): (DeviceId, SigningPublicKey, SealingPublicKey, u32),
        role: Role,
        name: &str,
    ) -> Result<LogBody> {
        let space = self.space()?;
        let (id, epoch) = (space.id(), space.membership.epoch());
        let epoch_public = space.membership.epoch_key(epoch).ok_or(VigilError::NotInSpace)?;
        let share = if role == Role::Desk {
            let pair = space
                .epochs
                .get(&epoch)
                .ok_or(VigilError::NotAllowed { why: "only a desk that holds the epoch key can admit a desk" })?;
            Some(share_epoch(id, epoch, pair.private(), device, &sealing_key)?)
        } else {
            None
        };
        let member = NewMember {
            device,
            signing_key,
            sealing_key,
            role,
            install_generation,
            sealed_name: sealed_name(id, &device, &epoch_public, name.trim())?.into(),
        };
        Ok(LogBody::Add { member, share })
    }

    pub(super) fn own_name(&self) -> Result<String> {
        let bytes = settings::get(self.store.read(), Setting::OwnName)?.unwrap_or_default();
        String::from_utf8(bytes).map_err(|_| VigilError::DatabaseDamaged { detail: "the device's name" })
    }
}

fn sealed_name(space: SpaceId, device: &DeviceId, epoch: &SealingPublicKey, name: &str) -> Result<Vec<u8>> {
    // HPKE's encapsulated key, tag and padding come on top.
    if name.len() > limits::MAX_SEALED_NAME_BYTES - 96 {
        return Err(VigilError::invalid("name", "it is too long"));
    }
    seal_text(epoch, &SealedTo::Name { space, device: *device }, name)
        .ok_or_else(|| VigilError::invalid("epoch key", "it is not a key"))
}

fn share_epoch(
    space: SpaceId,
    epoch: u32,
    private: &Secret<32>,
    desk: DeviceId,
    to: &SealingPublicKey,
) -> Result<EpochShare> {
    let (encapsulated, sealed) = seal_key(to, &SealedTo::Epoch { space, epoch, desk }, private)
        .ok_or_else(|| VigilError::invalid("join request", "its key is not a key"))?;
    Ok(EpochShare { device: desk, encapsulated, sealed: sealed.into() })
}
