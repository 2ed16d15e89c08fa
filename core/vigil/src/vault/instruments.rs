//! Instruments of this device: those that come with Vigil, and those that a programme brought as files.
//! What a file says stays as it was added, so that a record filled in with it can always be explained again.

use super::Vault;
use super::summary::Summariser;
use crate::error::{Result, VigilError};
use crate::store::instruments::StoredInstrument;
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
    /// Whether its file cannot be read by this version; then its name stands for its title, and its
    /// records have no result.
    pub unreadable: bool,
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
            unreadable: false,
        }
    }

    fn of_stored(stored: &StoredInstrument) -> Self {
        match Instrument::from_json(&stored.file) {
            Ok(instrument) => Self::of(&instrument, false),
            Err(_) => Self {
                pin: pin(stored),
                id: stored.id.clone(),
                version: stored.version,
                title: stored.id.clone(),
                shipped: false,
                publisher: None,
                publisher_key: None,
                unreadable: true,
            },
        }
    }
}

/// What records of a stored file pin.
fn pin(stored: &StoredInstrument) -> String {
    format!("{}@{}.{}", stored.id, stored.version, Digest(stored.digest).short())
}

/// What an instrument of this digest meets among the files of its name and version.
enum Met<'a> {
    Nothing,
    Itself(&'a StoredInstrument),
    /// Another file that records could not tell from it.
    ItsPin,
}

fn meet<'a>(stored: &'a [StoredInstrument], digest: &Digest) -> Met<'a> {
    if let Some(same) = stored.iter().find(|one| one.digest == digest.0) {
        return Met::Itself(same);
    }
    let taken = stored.iter().any(|one| Digest(one.digest).short() == digest.short());
    if taken { Met::ItsPin } else { Met::Nothing }
}

/// Whether a file says more than the one that is here: that is not signed, or cannot be read.
fn is_better(instrument: &Instrument, stored: &StoredInstrument) -> bool {
    Instrument::from_json(&stored.file)
        .map_or(true, |ours| ours.signed_by().is_none() && instrument.signed_by().is_some())
}

/// A summariser that knows the instruments of a store.
pub(super) fn summariser(store: &Store) -> Result<Summariser> {
    let brought = instruments::list(store.read())?;
    Summariser::new(brought.into_iter().map(|one| (pin(&one), one.file)))
}

impl Vault {
    /// Adds an instrument that a programme brought. Records that pin it get their result, also those that came before it.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for a file that is no instrument, was changed after it was signed, bears the name of one
    /// that comes with Vigil, or could not be told from another by what records pin.
    pub fn add_instrument(&mut self, file: &str) -> Result<InstrumentInfo> {
        let instrument = Instrument::from_json(file)
            .map_err(|error| VigilError::invalid("instrument", format!("{error} [{}]", error.code())))?;
        let id = instrument.id().as_str();
        if is_shipped(id) {
            return match instrument.comes_with_vigil() {
                true => Ok(InstrumentInfo::of(&instrument, true)),
                false => {
                    Err(VigilError::invalid("instrument", "this name belongs to an instrument that comes with Vigil"))
                }
            };
        }
        let of_name = instruments::get(self.store.read(), id, instrument.version(), None)?;
        match meet(&of_name, instrument.digest()) {
            Met::Itself(stored) if !is_better(&instrument, stored) => return Ok(InstrumentInfo::of_stored(stored)),
            Met::Itself(_) => {}
            Met::ItsPin => {
                let why = format!("another file is called {} already", instrument.pin());
                return Err(VigilError::invalid("instrument", why));
            }
            Met::Nothing if instruments::list(self.store.read())?.len() >= MAX_BROUGHT => {
                return Err(VigilError::invalid("instrument", format!("at most {MAX_BROUGHT} on one device")));
            }
            Met::Nothing => {}
        }
        let now = self.now().0;
        let named = (id, instrument.version(), instrument.digest().0);
        self.store.in_transaction(|tx| instruments::put(tx, named, file, now))?;
        self.summariser = Arc::new(summariser(&self.store)?);
        self.summarise_again(&instrument.pin())?;
        Ok(InstrumentInfo::of(&instrument, false))
    }

    /// The instruments of this device, those that come with Vigil first. One that this version cannot read is named,
    /// and hides no other.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn instruments(&self) -> Result<Vec<InstrumentInfo>> {
        let shipped = shipped_list().filter_map(|(id, version)| shipped_once(id, version));
        let mut all: Vec<_> = shipped.map(|instrument| InstrumentInfo::of(instrument, true)).collect();
        all.extend(instruments::list(self.store.read())?.iter().map(InstrumentInfo::of_stored));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Passphrase;
    use ring::rand::SystemRandom;
    use ring::signature::Ed25519KeyPair;
    use vigil_screening::{PublisherKey, sign};

    /// The checkpoint's instrument under another name.
    fn file(id: &str) -> String {
        let mut sheet = vigil_screening::border_interception().unwrap().sheet().clone();
        sheet.id = vigil_screening::Id::new(id).unwrap();
        serde_json::to_string(&sheet).unwrap()
    }

    fn vault(name: &str) -> (std::path::PathBuf, Vault) {
        let folder = std::env::temp_dir().join(format!("vigil-instruments-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&folder).ok();
        let vault = Vault::create_at_floor(&folder, &Passphrase::new("four random words"), "Desk").unwrap();
        (folder, vault)
    }

    fn brought(vault: &Vault) -> Vec<InstrumentInfo> {
        vault.instruments().unwrap().into_iter().filter(|info| !info.shipped).collect()
    }

    fn stored(digest: [u8; 32]) -> StoredInstrument {
        StoredInstrument { id: "bus_park".into(), version: 1, digest, file: String::new(), added_at: 0 }
    }

    #[test]
    fn a_file_that_records_could_not_tell_from_another_is_told_apart() {
        let mut twin = [7; 32];
        twin[31] = 8;
        let here = [stored([9; 32]), stored([7; 32])];
        assert!(matches!(meet(&here, &Digest([7; 32])), Met::Itself(same) if same.digest == [7; 32]));
        assert!(matches!(meet(&here, &Digest(twin)), Met::ItsPin));
        let mut other = [7; 32];
        other[7] = 8;
        assert!(matches!(meet(&here, &Digest(other)), Met::Nothing));
    }

    #[test]
    fn a_file_whose_pin_is_taken_is_refused() {
        let (folder, mut vault) = vault("pin");
        let file = file("bus_park");
        let instrument = Instrument::from_json(&file).unwrap();
        let mut digest = instrument.digest().0;
        digest[31] ^= 1;
        let named = ("bus_park", instrument.version(), digest);
        vault.store.in_transaction(|tx| instruments::put(tx, named, "{}", 0)).unwrap();
        let refused = vault.add_instrument(&file).unwrap_err();
        assert!(refused.code() == "invalid" && refused.to_string().contains(&instrument.pin()), "{refused}");
        std::fs::remove_dir_all(&folder).ok();
    }

    #[test]
    fn a_file_that_cannot_be_read_hides_no_other_and_gives_way_to_one_that_can() {
        let (folder, mut vault) = vault("unreadable");
        let good = vault.add_instrument(&file("bus_park")).unwrap();
        let lost = Instrument::from_json(&file("railway")).unwrap();
        let named = ("railway", lost.version(), lost.digest().0);
        vault.store.in_transaction(|tx| instruments::put(tx, named, "{}", 0)).unwrap();
        let both = brought(&vault);
        assert_eq!(both[0], good);
        assert_eq!((both[1].pin.as_str(), both[1].unreadable), (lost.pin().as_str(), true));
        assert_eq!(vault.instrument(&lost.pin()).unwrap_err().code(), "not_found");
        assert!(!vault.add_instrument(&file("railway")).unwrap().unreadable);
        assert_eq!(vault.instrument(&lost.pin()).unwrap().pin(), lost.pin());
        std::fs::remove_dir_all(&folder).ok();
    }

    #[test]
    fn a_copy_without_its_signature_does_not_keep_the_signed_one_out() {
        let (folder, mut vault) = vault("signed");
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = PublisherKey::from_pkcs8(key.as_ref()).unwrap();
        let signed = sign(&file("bus_park"), "District committee", &key).unwrap();
        let mut bare: serde_json::Value = serde_json::from_str(&signed).unwrap();
        bare.as_object_mut().unwrap().remove("signature");
        // As an older version took it in.
        let read = Instrument::from_json(&signed).unwrap();
        let named = ("bus_park", read.version(), read.digest().0);
        vault.store.in_transaction(|tx| instruments::put(tx, named, &bare.to_string(), 0)).unwrap();
        let first = brought(&vault);
        assert_eq!((first.len(), first[0].publisher.as_deref()), (1, None));
        let second = vault.add_instrument(&signed).unwrap();
        assert_eq!((&second.pin, second.publisher.as_deref()), (&first[0].pin, Some("District committee")));
        // And the signature stays, whichever copy comes next.
        vault.add_instrument(&bare.to_string()).ok();
        assert_eq!(vault.add_instrument(&signed).unwrap(), second);
        assert_eq!(brought(&vault), [second]);
        std::fs::remove_dir_all(&folder).ok();
    }
}
