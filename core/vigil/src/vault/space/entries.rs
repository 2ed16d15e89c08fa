//! Entries of the log: written here, confirmed by the server, or replaced by others' and meant again.
//! Everything that comes from the server promises to be checked in memory before anything here is replaced (ADR 0009).

use super::Space;
use super::intentions::Intention;
use crate::error::{Result, VigilError};
use crate::store::{self, StoreError};
use crate::vault::Vault;
use rusqlite::Transaction;
use vigil_protocol::{LogBody, LogEntry, Membership};

impl Vault {
    /// Appends an entry of this device; it is in force here at once and sent with the next sync.
    pub(crate) fn write_log(&mut self, body: LogBody) -> Result<()> {
        self.write_log_and(body, |_, _| Ok(()))
    }

    /// Appends an entry of this device, and does `also` in the same transaction: both or neither.
    pub(super) fn write_log_and<T>(
        &mut self,
        body: LogBody,
        also: impl FnOnce(&Self, &Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let now = self.log_time()?;
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
        let mine = space.intentions(&device);
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
            Intention::write_down(tx, &mine)?;
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

    /// Takes back what the server would not take although nothing came before it: an entry that rests on a time which has
    /// not passed by the server's clock. What stood behind it is meant again; it is tried again with a later sync.
    pub(crate) fn withdraw_refused(&mut self) -> Result<bool> {
        let Some(space) = self.space.as_ref() else { return Err(VigilError::NotInSpace) };
        let kept = space.log.get(..space.confirmed).unwrap_or_default().to_vec();
        let Some(first) = space.log.get(space.confirmed) else { return Ok(false) };
        let membership = Membership::from_log(&kept)?;
        if membership.rests_on_time(first).is_empty() {
            return Ok(false);
        }
        let kept_epoch = membership.epoch();
        let mine: Vec<Intention> = space.intentions(&self.device).into_iter().skip(1).collect();
        self.store.in_transaction(|tx| {
            store::log::drop_unconfirmed(tx)?;
            store::log::forget_epochs_after(tx, kept_epoch)?;
            Intention::write_down(tx, &mine)
        })?;
        self.space = Space::load(&self.store)?;
        self.repeat_intentions()?;
        Ok(true)
    }
}
