//! Instruments of this device: those that come with Vigil, and those that a programme brought as files.
//! A file that was added stays as it is, so that a record filled in with it can always be explained again.

use super::Vault;
use super::summary::Summariser;
use crate::error::{Result, VigilError};
use crate::store::{Store, instruments, records};
use serde::Serialize;
use std::sync::Arc;
use vigil_screening::{Digest, Instrument, is_shipped, shipped_list, shipped_once};

/// Most instruments that a device keeps beside those that come with Vigil.
const MAX_BROUGHT: usize = 64;

/// An instrument on this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstrumentInfo {
    /// What a record of it pins.
    pub pin: String,
    /// Its name, the same in every version.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Its title in its own language.
    pub title: String,
    /// Whether it comes with Vigil.
    pub shipped: bool,
    /// Who signed it, if somebody did.
    pub publisher: Option<String>,
    /// The publisher's key, in hexadecimal.
    pub publisher_key: Option<String>,
}

impl InstrumentInfo {
    fn of(instrument: &Instrument, shipped: bool) -> Self {
        let publisher = instrument.signed_by();
        Self {
            pin: instrument.pin(),
            id: instrument.id().to_string(),
            version: instrument.version(),
            title: instrument.read(&instrument.sheet().title, &[]).text.to_owned(),
            shipped,
            publisher: publisher.map(|publisher| publisher.name.clone()),
            publisher_key: publisher.map(|publisher| publisher.key.clone()),
        }
    }
}

/// A summariser that knows the instruments of a store.
pub(super) fn summariser(store: &Store) -> Result<Summariser> {
    let brought = instruments::list(store.read())?;
    Summariser::new(brought.into_iter().map(|one| {
        let pin = format!("{}@{}.{}", one.id, one.version, Digest(one.digest).short());
        (pin, one.file)
    }))
}

impl Vault {
    /// Adds an instrument that a programme brought. Records that pin it get their result, also those that came before it.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for a file that is no instrument, was changed after it was signed, or bears the name of one that
    /// comes with Vigil.
    pub fn add_instrument(&mut self, file: &str) -> Result<InstrumentInfo> {
        let instrument = Instrument::from_json(file)
            .map_err(|error| VigilError::invalid("instrument", format!("{error} [{}]", error.code())))?;
        let id = instrument.id().as_str();
        if is_shipped(id) {
            let same = shipped_once(id, instrument.version()).is_some_and(|ours| ours.digest() == instrument.digest());
            return match same {
                true => Ok(InstrumentInfo::of(&instrument, true)),
                false => {
                    Err(VigilError::invalid("instrument", "this name belongs to an instrument that comes with Vigil"))
                }
            };
        }
        if instruments::list(self.store.read())?.len() >= MAX_BROUGHT {
            return Err(VigilError::invalid("instrument", format!("at most {MAX_BROUGHT} on one device")));
        }
        let now = self.now().0;
        let named = (id, instrument.version(), instrument.digest().0);
        let new = self.store.in_transaction(|tx| instruments::add(tx, named, file, now))?;
        if new {
            self.summariser = Arc::new(summariser(&self.store)?);
            self.summarise_again(&instrument.pin())?;
        }
        Ok(InstrumentInfo::of(&instrument, false))
    }

    /// The instruments of this device, those that come with Vigil first.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn instruments(&self) -> Result<Vec<InstrumentInfo>> {
        let shipped = shipped_list().filter_map(|(id, version)| shipped_once(id, version));
        let mut all: Vec<_> = shipped.map(|instrument| InstrumentInfo::of(instrument, true)).collect();
        for stored in instruments::list(self.store.read())? {
            let instrument = Instrument::from_json(&stored.file)
                .map_err(|_| VigilError::DatabaseDamaged { detail: "an instrument" })?;
            all.push(InstrumentInfo::of(&instrument, false));
        }
        Ok(all)
    }

    /// The instrument that a record pins.
    ///
    /// # Errors
    /// [`VigilError::NotFound`] if it is not on this device.
    pub fn instrument(&self, pin: &str) -> Result<Instrument> {
        self.summariser.instrument(pin).cloned().ok_or(VigilError::NotFound { what: "instrument" })
    }

    /// Rows of records that came before their instrument did.
    fn summarise_again(&self, pin: &str) -> Result<()> {
        for record in records::without_points(self.store.read())? {
            let open = self.open_record(&record)?;
            if super::summary::pin(&open.fields()).as_deref() != Some(pin) {
                continue;
            }
            let (columns, text) = self.summariser.summarise(&open.kind, open.creator, &open.facts, &open.events);
            let facts = open.facts.save();
            self.store.in_transaction(|tx| records::put(tx, &record, &columns, &facts, None, &text))?;
        }
        Ok(())
    }
}
