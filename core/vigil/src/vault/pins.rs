//! Changing what opens a home: the passphrase, the duress PIN, the limit of wrong attempts.
//! It promises that each change is whole after a power cut, that the key file before it opens nothing any more, and that
//! changing one PIN keeps the other.
//!
//! The slot of the small profile is sealed anew without its PIN: the small database keeps what its PIN stretches to, and the
//! whole one knows how to open the small one.

use super::options::check_wipe_after;
use super::{Vault, key_path};
use crate::error::{Result, VigilError};
use crate::keys::{
    Content, DatabaseName, HardwareLevel, HardwareState, Header, KeyFile, Passphrase, Profile, Secret, Stretched,
};
use crate::store::{Setting, Store, StoreError, settings};
use zeroize::Zeroizing;

const STRETCHED_BYTES: usize = 32;

/// Who decided after how many wrong attempts the home is wiped, as the store keeps it.
const SET_HERE: u64 = 1;
const BY_POLICY: u64 = 2;

/// The small profile's database, as the whole one remembers it.
pub(super) fn remembered_small(store: &Store) -> Result<Option<Content>> {
    let bytes = settings::get(store.read(), Setting::SmallProfile)?.map(Zeroizing::new);
    let content = |bytes: Zeroizing<Vec<u8>>| {
        let (database, key) = bytes.split_first_chunk::<8>()?;
        let key = Secret::from_slice(key)?;
        Some(Content { profile: Profile::Small, database: DatabaseName(*database), key })
    };
    Ok(bytes.and_then(content))
}

impl Vault {
    /// Changes the passphrase or PIN that this home was opened with. The old one opens nothing afterwards, and neither does
    /// an older copy of the key file.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] if it is empty or opens something else already; [`VigilError::Disk`].
    pub fn change_passphrase(&mut self, new: &Passphrase) -> Result<()> {
        let stretched = self.stretch_new(new)?;
        match self.access.file.open_stretched(&stretched, self.access.hardware.as_ref())? {
            Some((slot, _)) if slot != self.access.slot => return Err(taken()),
            _ => {}
        }
        if self.access.content.profile == Profile::Small {
            return self.change_small(stretched);
        }
        let (header, content) = (self.access.file.header().next(), self.access.content.clone());
        let small = self.small_as_it_is()?;
        let file = self.sealed_anew(header, (&stretched, &content), small.as_ref())?;
        self.replace_key_file(file)?;
        self.access.stretched = stretched;
        Ok(())
    }

    /// Sets the PIN that opens the small profile: a true one, with instruments, practice and drafts, and without a space or
    /// records. It destroys nothing. Whoever knows that there may be one can ask for the other: no deniability is claimed.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] if it is empty or the passphrase itself, [`VigilError::NotAllowed`] in the small profile.
    pub fn set_duress_pin(&mut self, pin: &Passphrase) -> Result<()> {
        self.whole()?;
        let stretched = self.stretch_new(pin)?;
        if let Some((slot, _)) = self.access.file.open_stretched(&stretched, self.access.hardware.as_ref())?
            && slot == self.access.slot
        {
            return Err(taken());
        }
        let small = remembered_small(&self.store)?.ok_or(missing())?;
        let before = self.small_as_it_is()?.map(|(stretched, _)| stretched);
        {
            // Both before the key file changes: whichever it turns out to be, the small database knows it.
            let store = Store::open(&self.home().join(small.database.file_name()), &small.key)?;
            remember_pins(&store, [Some(&stretched), before.as_ref()])?;
        }
        self.reseal(self.access.file.header().next(), Some(&(stretched, small)))
    }

    /// Takes the duress PIN away. The slot that it opened is filled with chance.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] in the small profile; [`VigilError::Disk`].
    pub fn clear_duress_pin(&mut self) -> Result<()> {
        self.whole()?;
        self.reseal(self.access.file.header().next(), None)
    }

    /// Sets after how many wrong attempts in a row this home is wiped, or that it never is.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for a number that slips of the finger reach; [`VigilError::NotAllowed`] in the small profile.
    pub fn set_wipe_after(&mut self, limit: Option<u32>) -> Result<()> {
        self.whole()?;
        check_wipe_after(limit)?;
        let small = self.small_as_it_is()?;
        // Before it holds: a crash in between leaves the number of before, and nobody else changes it.
        self.store.in_transaction(|tx| settings::set_number(tx, Setting::WipeAfterBy, SET_HERE))?;
        self.reseal(self.access.file.header().wiping_after(limit), small.as_ref())
    }

    /// Takes on the number of the space's policy, unless a number was set on this device: that is never changed silently.
    pub(crate) fn follow_policy(&mut self) -> Result<()> {
        let wanted = match self.space()?.membership.policy() {
            Some(policy) => Some(u32::from(policy.wipe_after)).filter(|limit| *limit > 0),
            None => return Ok(()),
        };
        if self.wipe_after() == wanted || self.wipe_after_is_set_here()? {
            return Ok(());
        }
        let small = self.small_as_it_is()?;
        self.store.in_transaction(|tx| settings::set_number(tx, Setting::WipeAfterBy, BY_POLICY))?;
        self.reseal(self.access.file.header().wiping_after(wanted), small.as_ref())
    }

    /// The same at an opening: a crash may have come between a policy and the number. On a full disk the next time will do.
    pub(crate) fn follow_policy_again(&mut self) -> Result<()> {
        if self.space.is_none() || self.whole().is_err() {
            return Ok(());
        }
        match self.follow_policy() {
            Err(VigilError::Disk { .. } | VigilError::Hardware { .. }) => Ok(()),
            other => other,
        }
    }

    /// Whether the number of wrong attempts was set on this device; otherwise the space's policy says it.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn wipe_after_is_set_here(&self) -> Result<bool> {
        let by = settings::get_number(self.store.read(), Setting::WipeAfterBy)?;
        // One that the home was made with was somebody's choice, too.
        Ok(by == SET_HERE || (by != BY_POLICY && self.wipe_after().is_some()))
    }

    /// After how many wrong attempts in a row this home is wiped.
    pub fn wipe_after(&self) -> Option<u32> {
        self.access.file.header().wipe_after()
    }

    /// How well the hardware keeps this home's key.
    ///
    /// # Errors
    /// [`VigilError::Hardware`].
    pub fn hardware_level(&self) -> Result<HardwareLevel> {
        Ok(self.access.hardware.level()?)
    }

    pub(super) fn whole(&self) -> Result<()> {
        match self.access.content.profile {
            Profile::Whole => Ok(()),
            Profile::Small => Err(VigilError::NotAllowed { why: "not with the PIN that this home was opened with" }),
        }
    }

    fn stretch_new(&self, pin: &Passphrase) -> Result<Stretched> {
        if pin.is_empty() {
            return Err(VigilError::invalid("passphrase", "it must not be empty"));
        }
        Ok(self.access.file.header().stretch(pin)?)
    }

    /// The small profile with the PIN that opens it now, if one does.
    pub(super) fn small_as_it_is(&self) -> Result<Option<(Stretched, Content)>> {
        let Some(small) = remembered_small(&self.store)? else { return Ok(None) };
        let store = match Store::open(&self.home().join(small.database.file_name()), &small.key) {
            Ok(store) => store,
            // Its PIN would open nothing; that is no reason to refuse what protects the whole.
            Err(StoreError::Damaged(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let known = settings::get(store.read(), Setting::StretchedPins)?.map(Zeroizing::new).unwrap_or_default();
        for bytes in known.chunks_exact(STRETCHED_BYTES) {
            let Some(stretched) = Secret::from_slice(bytes).map(Stretched) else { continue };
            let opened = self.access.file.open_stretched(&stretched, self.access.hardware.as_ref())?;
            if opened.is_some_and(|(slot, _)| slot != self.access.slot) {
                return Ok(Some((stretched, small)));
            }
        }
        Ok(None)
    }

    fn reseal(&mut self, header: Header, small: Option<&(Stretched, Content)>) -> Result<()> {
        self.destroy_former()?;
        let content = self.access.content.clone();
        let file = self.sealed_anew(header, (&self.access.stretched, &content), small)?;
        self.replace_key_file(file)
    }

    /// A key file with both slots sealed under another header.
    pub(super) fn sealed_anew(
        &self,
        header: Header,
        own: (&Stretched, &Content),
        small: Option<&(Stretched, Content)>,
    ) -> Result<KeyFile> {
        let small = small.map(|(stretched, content)| (stretched, content));
        let contents = if self.access.slot == 0 { [Some(own), small] } else { [small, Some(own)] };
        Ok(KeyFile::seal(header, contents, self.access.hardware.as_ref())?)
    }

    /// Puts a key file of the same hardware key in the place of the one before: the file first, then the hardware.
    fn replace_key_file(&mut self, file: KeyFile) -> Result<()> {
        let (hardware, alias) = (self.access.hardware.as_ref(), file.header().alias());
        let mut state = HardwareState::load(hardware, &alias)?;
        file.write_aside(&key_path(self.home()))?;
        KeyFile::put_in_place(&key_path(self.home()))?;
        state.generation = file.header().generation();
        let known = state.keep(hardware, &alias);
        self.access.file = file;
        Ok(known?)
    }

    /// Another PIN for the small profile, by who cannot open the whole: the other slot stays as it is, and so does the
    /// generation, which the other slot is sealed with.
    fn change_small(&mut self, stretched: Stretched) -> Result<()> {
        remember_pins(&self.store, [Some(&stretched), Some(&self.access.stretched)])?;
        let sealed = (&stretched, &self.access.content);
        let file = self.access.file.with_slot(self.access.slot, sealed, self.access.hardware.as_ref())?;
        self.replace_key_file(file)?;
        self.access.stretched = stretched;
        Ok(())
    }
}

fn remember_pins(store: &Store, pins: [Option<&Stretched>; 2]) -> Result<()> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * STRETCHED_BYTES));
    for pin in pins.into_iter().flatten() {
        bytes.extend_from_slice(pin.0.expose());
    }
    Ok(store.in_transaction(|tx| settings::set(tx, Setting::StretchedPins, &bytes))?)
}

fn taken() -> VigilError {
    VigilError::invalid("passphrase", "the passphrase and the duress PIN must differ")
}

fn missing() -> VigilError {
    VigilError::DatabaseDamaged { detail: "the small profile is missing" }
}
